"""What an erasure destroyed cannot be read again: not from a dump of everything, with every key that we hold."""

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
    """Every value of every row, as a dump holds it: tables' names and bytes."""
    values: list[tuple[str, bytes]] = []
    for table in await town.rows("""
        select c.oid::regclass::text as name from pg_class c
        where c.relnamespace::regnamespace::text in ('app', 'jobs', 'vault', 'accounting') and c.relkind in ('r', 'p')
    """):
        if vault or not table["name"].startswith("vault."):
            for row in await town.rows(f"select * from {table['name']}"):  # noqa: S608 - from the catalog
                values += [
                    (table["name"], value if isinstance(value, bytes) else str(value).encode())
                    for value in row.values()
                    if value is not None
                ]
    return values


def _as_sealed(values: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Whatever may have been sealed: bytes, and texts and parts of JSON that are base64."""
    for _, value in values:
        yield value
        for text in re.findall(rb"[A-Za-z0-9+/]{40,}={0,2}", value):
            try:
                yield b64decode(text, validate=True)
            except Error:
                continue


async def opened(values: list[tuple[str, bytes]]) -> dict[str, bytes]:
    """Everything that can be read of a dump by who has our keys: as it stands, or opened in any way that we open."""
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
    blobs = {blob for blob in _as_sealed(values) if len(blob) > NONCE_BYTES + 16}
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


async def test_no_key_of_ours_opens_what_was_erased(town: Town) -> None:
    """The same search finds the names before; and without the vault it finds none, though nothing was erased."""
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
    # Somebody else, whose erasure must take the answer along that registration kept for a repeated request.
    other = await visitor.posts(
        "/auth/register", visitor.registration(Canary(43).email, display_name="Quastrovîgne"), key="registered once"
    )
    await town.worker_runs()

    found = {word for _, word in sightings(await opened(await dumped(town)))}
    assert {"Zélindœr", "Quastrovîgne", "1931-02-17", "quastro@canari-"} <= found
    # A dump without the vault, taken before any erasure, tells nothing of a beneficiary, with all keys in hand.
    clear = {place.split()[0] for place, _ in sightings(await opened(await dumped(town, vault=False)))}
    assert clear == {"app.accounts"}  # where the other one registered, who is none

    assert (await zelie.asks("DELETE", "/me", {"password": PASSWORD})).status_code == 204
    token = await town.token_for(UUID(other["id"]))
    assert (await visitor.asks("DELETE", "/me", {"password": PASSWORD}, token=token)).status_code == 204
    await town.worker_runs()

    after = await dumped(town)
    assert len(after) > 300  # there is a town to look at
    assert sightings(await opened(after)) == set()
    # The control of the search among kept answers: sealed so that a dump and a key open it, it would have been found.
    fingerprint = await town.value("select fingerprint from app.idempotency_keys where key = 'registered once'")
    leaky = AESGCM(settings().derived_key("idempotency-answers"))
    text = b64encode(
        b"\0" * NONCE_BYTES + leaky.encrypt(b"\0" * NONCE_BYTES, canary.email.encode(), fingerprint)
    ).decode()
    await town.changes("update app.idempotency_keys set body = $1 where key = 'registered once'", text)
    assert sightings(await opened(await dumped(town))) != set()
