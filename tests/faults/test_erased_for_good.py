"""Erased personal data cannot be recovered from a full dump, even with every key that we hold."""

import hmac
import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import product
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.sealing.seals import NONCE_BYTES, SEALED_ADDRESS, SEALED_PERSON, SealBroken, keyring
from backend.settings import settings
from tests.canaries import Canary, sightings
from tests.town import Town
from tests.visitors import PASSWORD, Visitor

ROOT = Path(__file__).parents[2]


async def dumped(town: Town, *, vault: bool = True) -> list[tuple[str, bytes]]:
    """Return every value of every row, as a dump contains it: (table name, bytes)."""
    values: list[tuple[str, bytes]] = []
    for table in await town.rows("""
        select c.oid::regclass::text as name from pg_class c
        where c.relnamespace::regnamespace::text in ('app', 'jobs', 'key_vault', 'accounting')
          and c.relkind in ('r', 'p')
    """):
        if vault or not table["name"].startswith("key_vault."):
            for row in await town.rows(f"select * from {table['name']}"):  # noqa: S608 - from the catalog
                values += [
                    (table["name"], value if isinstance(value, bytes) else str(value).encode())
                    for value in row.values()
                    if value is not None
                ]
    return values


def _possible_ciphertexts(values: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Yield everything that may be encrypted: the raw bytes, and each base64 part of a text or of JSON."""
    for _, value in values:
        yield value
        for text in re.findall(rb"[A-Za-z0-9+/]{40,}={0,2}", value):
            try:
                yield b64decode(text, validate=True)
            except Error:
                continue


async def opened(values: list[tuple[str, bytes]]) -> dict[str, bytes]:
    """Return all that somebody with our keys can read in a dump: plain values, and those that any key decrypts."""
    chosen = settings()
    assert chosen.secret_key is not None
    purposes = set(
        re.findall(r'derived_key\("([a-z-]+)"\)', "".join(f.read_text() for f in (ROOT / "backend").rglob("*.py")))
    )
    assert {"master", "look-ups", "idempotency-answers"} <= purposes
    derived = [chosen.derived_key(purpose) for purpose in purposes]
    raw = {value for _, value in values}
    accounts = {
        UUID(found.decode()) for found in re.findall(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", b" ".join(raw))
    }
    blobs = {blob for blob in _possible_ciphertexts(values) if len(blob) > NONCE_BYTES + 16}
    short = {value for value in raw if len(value) == 32}  # fingerprints

    keys = {key for key in derived if len(key) == 32} | {sha256(b"ecopanier/master" + key).digest() for key in derived}
    keys |= {hmac.digest(chosen.derived_key("idempotency-answers"), value, "sha256") for value in short}
    ring = keyring()
    for account, blob in product(accounts, blobs):
        if len(blob) == NONCE_BYTES + 32 + 16:
            try:
                keys.add(ring.data_key(account, blob, ring.current).key)
            except SealBroken:
                continue
    bound: set[bytes | None] = {None, *short}
    bound |= {f"{place}/{account}".encode() for place in (SEALED_PERSON, SEALED_ADDRESS) for account in accounts}
    plain: dict[str, bytes] = {f"{table} {number}": value for number, (table, value) in enumerate(values)}
    for key in keys:
        cipher = AESGCM(key)
        for blob, aad in product(blobs, bound):
            try:
                plain[f"opened {len(plain)}"] = cipher.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], aad)
            except InvalidTag:
                continue
    return plain


async def test_none_of_our_keys_decrypts_erased_data(town: Town) -> None:
    """Controls: before the erasure the same search finds the names; without the vault it finds none even then."""
    canary, association = Canary(42), await town.an_association()
    wanted = canary.fields()
    enrolled = await association.posts("/beneficiaries", wanted, key="enrolled once")
    await association.verifies(enrolled["id"])
    visitor = Visitor(town)
    await visitor.posts(
        "/auth/activate",
        {"activation_token": enrolled["activation_token"], "password": PASSWORD, "email": canary.email},
    )
    zelie = await town.a_beneficiary()
    zelie.id, zelie.token = UUID(enrolled["id"]), None
    await zelie.reserves(await town.a_free_lot())
    # Another person: their erasure must also delete the answer that registration kept for a repeated request.
    other = await visitor.posts(
        "/auth/register", visitor.registration(Canary(43).email, display_name="Quastrovîgne"), key="registered once"
    )
    await visitor.confirms(Canary(43).email)

    found = {word for _, word in sightings(await opened(await dumped(town)))}
    assert {"Zélindœr", "Quastrovîgne", "1931-02-17", "quastro@canari-"} <= found
    # A dump without the vault, taken before any erasure, reveals nothing about a beneficiary, even with all our keys.
    clear = {place.split()[0] for place, _ in sightings(await opened(await dumped(town, vault=False)))}
    assert clear == {"app.accounts"}  # the other person, who is no beneficiary

    assert (await zelie.asks("DELETE", "/me", {"password": PASSWORD})).status_code == 204
    token = await town.token_for(UUID(other["id"]))
    assert (await visitor.asks("DELETE", "/me", {"password": PASSWORD}, token=token)).status_code == 204
    await town.worker_runs()

    after = await dumped(town)
    assert len(after) > 300  # the dump is not empty
    assert sightings(await opened(after)) == set()
    # Control for the kept answers: one that is encrypted with a key of ours alone would have been found.
    fingerprint = await town.value("select fingerprint from app.idempotency_keys where key = 'registered once'")
    leaky = AESGCM(settings().derived_key("idempotency-answers"))
    text = b64encode(
        b"\0" * NONCE_BYTES + leaky.encrypt(b"\0" * NONCE_BYTES, canary.email.encode(), fingerprint)
    ).decode()
    await town.changes("update app.idempotency_keys set body = $1 where key = 'registered once'", text)
    assert sightings(await opened(await dumped(town))) != set()
