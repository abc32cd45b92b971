"""Stealing and forging tokens, and reading secrets in the database; with controls where the attack works."""

import asyncio
import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.settings import settings
from tests.town import Town, refused
from tests.town.answers import accepted, refusal_in
from tests.visitors import PASSWORD, Visitor, mails

PHONE, LAPTOP = "phone-secret-of-thirty-two-letters", "laptop-secret-of-thirty-two-letters"


# Stealing tokens


async def test_a_refresh_token_used_twice_ends_the_session(town: Town) -> None:
    amina, thief = Visitor(town), Visitor(town)
    await amina.joins()
    tokens = await amina.signs_in()

    stolen = await thief.refreshes(tokens)
    caught = await refused(amina.refreshes(tokens))

    assert caught.code == "auth.session_over"
    assert (await refused(thief.refreshes(stolen))).code == "auth.session_over"
    assert "token_reused" in {row[0] for row in await town.rows("select ended_because from app.sessions")}


async def test_control_a_stolen_token_works_until_its_owner_uses_theirs(town: Town) -> None:
    amina, thief = Visitor(town), Visitor(town)
    await amina.joins()
    stolen = await thief.refreshes(await amina.signs_in())

    await thief.refreshes(stolen)


@pytest.mark.parametrize("keys", [False, True])
async def test_two_tabs_that_refresh_at_once_stay_signed_in(town: Town, keys: bool) -> None:
    amina = Visitor(town)
    await amina.joins()
    tokens = await amina.signs_in()

    for _ in range(3):
        answers = await asyncio.gather(
            *(amina.refreshes(tokens, key=f"tab {n} of {uuid4()}" if keys else None) for n in range(20))
        )
        assert {answer["refresh_token"] for answer in answers} == {answers[0]["refresh_token"]}
        tokens = answers[0]

    await amina.sees_me(tokens)


async def test_a_spent_token_is_accepted_from_its_device_for_ten_seconds(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    began = await town.now()

    for seconds, accepted_again in ((9, True), (11, False)):
        await town.clock(began)
        tokens = await amina.signs_in()
        first = await amina.refreshes(tokens)
        await town.clock(began + timedelta(seconds=seconds))
        if accepted_again:
            assert (await amina.refreshes(tokens))["refresh_token"] == first["refresh_token"]
        else:
            assert (await refused(amina.refreshes(tokens))).code == "auth.session_over"
            assert (await refused(amina.refreshes(first))).code == "auth.session_over"


async def test_a_device_is_recognised_by_its_secret_on_any_network(town: Town) -> None:
    wifi, mobile, thief = Visitor(town), Visitor(town), Visitor(town)
    thief.address = wifi.address
    await wifi.joins()
    tokens = await wifi.signs_in()

    first = await wifi.refreshes(tokens, device=PHONE)
    second = await mobile.refreshes(tokens, device=PHONE)

    assert first["refresh_token"] == second["refresh_token"]
    # Behind the same address, another secret or none is another device.
    for other in ({"device": LAPTOP}, {}):
        tokens = await wifi.signs_in()
        held = await wifi.refreshes(tokens, device=PHONE)
        assert (await refused(thief.refreshes(tokens, **other))).code == "auth.session_over"
        assert (await refused(wifi.refreshes(held, device=PHONE))).code == "auth.session_over"


async def test_another_user_agent_behind_the_same_address_is_another_device(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    tokens = await amina.signs_in()
    body = {"refresh_token": tokens["refresh_token"]}

    answers = [
        await amina.asks("POST", "/auth/refresh", body, headers={"User-Agent": agent}) for agent in ("one", "another")
    ]

    assert [answer.status_code for answer in answers] == [200, 401]


async def test_a_refresh_repeated_with_its_key_is_no_theft(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    tokens, key = await amina.signs_in(), str(uuid4())

    answers = await asyncio.gather(*(amina.refreshes(tokens, key=key) for _ in range(20)))

    assert {answer["refresh_token"] for answer in answers} == {answers[0]["refresh_token"]}
    unspent = "select count(*) from app.refresh_tokens where spent_at is null"
    assert await town.value(unspent) == 2  # the other is of the session that confirming the address opened
    following = await amina.refreshes(answers[0], key=key)
    assert following["refresh_token"] != answers[0]["refresh_token"]
    # Once its answer has been used, repeating the request counts as theft.
    assert (await refused(amina.refreshes(tokens, key=key))).code == "auth.session_over"
    assert (await refused(amina.refreshes(following))).code == "auth.session_over"


async def test_a_refresh_repeated_with_another_key_ends_the_session(town: Town) -> None:
    amina, thief = Visitor(town), Visitor(town)
    await amina.joins()
    tokens = await amina.signs_in()
    held = await amina.refreshes(tokens, key="mine")

    assert (await refused(thief.refreshes(tokens, key="a guess"))).code == "auth.session_over"
    assert (await refused(amina.refreshes(held))).code == "auth.session_over"


async def test_no_token_or_password_is_stored_in_the_database(town: Town) -> None:
    amina = Visitor(town)
    await amina.registers("waiting@example.org")
    await amina.joins()
    (mail,) = await mails(town, "waiting@example.org")
    tokens = await amina.refreshes(await amina.signs_in(device=PHONE), key="a key")

    rows: list[str] = []
    for table in await town.rows(
        "select schemaname || '.' || tablename from pg_tables where schemaname in ('app', 'jobs')"
    ):
        rows += [str(row[0]) for row in await town.rows(f"select t::text from {table[0]} t")]  # noqa: S608
    dump = "\n".join(rows)

    assert "Amina B." in dump  # the control: what is stored is found
    for secret in (PASSWORD, mail.token, tokens["refresh_token"], tokens["access_token"], PHONE):
        assert secret not in dump
        assert hashlib.sha256(mail.code.encode()).digest().hex() not in dump  # six digits are quickly tried out
    assert "waiting@" not in dump


async def test_request_fingerprints_are_keyed_against_password_guessing(town: Town) -> None:
    """A plain hash of a body with a password would allow a billion guesses a second, so the fingerprint is keyed."""
    body = json.dumps(Visitor(town).registration()).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": "a key"}
    accepted(await town.request("POST", "/v1/auth/register", content=body, headers=headers))

    plain = hashlib.sha256(b"\0".join((b"POST", b"/v1/auth/register", body))).digest()
    keyed = hmac.digest(settings().derived_key("idempotency"), plain, "sha256")

    assert [row[0] for row in await town.rows("select fingerprint from app.idempotency_keys")] == [keyed]


async def test_answers_with_tokens_are_never_cached(town: Town) -> None:
    amina = Visitor(town)
    registered = await amina.asks("POST", "/auth/register", amina.registration())
    code = (await mails(town))[0].code
    confirmed = await amina.asks("POST", "/auth/verify-email", {"email": "amina@example.org", "code": code})
    signed_in = await amina.sends_sign_in()
    refreshed = await amina.asks("POST", "/auth/refresh", {"refresh_token": signed_in.json()["refresh_token"]})
    me = await amina.asks("GET", "/me", token=signed_in.json()["access_token"])

    assert {a.headers["cache-control"] for a in (registered, confirmed, signed_in, refreshed, me)} == {"no-store"}


# Forging tokens


def forged(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    """Return a token made by hand, because PyJWT refuses to make most of these."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    signature = hmac.digest(key, b".".join(parts), "sha256") if header["alg"] == "HS256" else b""
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


async def test_forged_access_tokens_are_refused(town: Town) -> None:
    marc = await town.a_customer()
    own = Ed25519PrivateKey.from_private_bytes(settings().derived_key("access-tokens"))
    now = int(time.time())
    good = {"sub": str(marc.id), "iss": town.url or "", "aud": "authenticated", "iat": now, "exp": now + 60}
    kid = (await town.request("GET", "/.well-known/jwks.json")).json()["keys"][0]["kid"]
    raw = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = own.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def signed(key: Ed25519PrivateKey = own, **changed: Any) -> str:
        claims = {name: value for name, value in {**good, **changed}.items() if value is not None}
        return jwt.encode(claims, key, "EdDSA", headers={"kid": kid})

    forgeries = {
        "another key": signed(Ed25519PrivateKey.generate()),
        "expired": signed(exp=now - 10),
        "not yet valid": signed(nbf=now + 60),
        "another issuer": signed(iss="https://elsewhere.example"),
        "another audience": signed(aud="anon"),
        "no expiry": signed(exp=None),
        "no subject": signed(sub=None),
        "no audience": signed(aud=None),
        "no issuer": signed(iss=None),
        "a subject that is no id": signed(sub="marc"),
        "no signature": forged({"alg": "none", "typ": "JWT"}, good, b""),
        "our public key as a secret": forged({"alg": "HS256", "kid": kid}, good, raw),
        "our public key, written out, as a secret": forged({"alg": "HS256", "kid": kid}, good, pem),
        "a signature cut off": signed().rpartition(".")[0] + ".",
        "nested": urlsafe_b64encode(b"[" * 4000).decode() + ".e30.",
        "too long": signed(padding="x" * 9000),
        "nothing like a token": "marc",
    }
    refusals = {
        name: refusal_in(await town.request("GET", "/v1/me", headers={"Authorization": f"Bearer {token}"})).code
        for name, token in forgeries.items()
    }
    sound = await town.request("GET", "/v1/me", headers={"Authorization": f"Bearer {signed()}"})

    assert set(refusals.values()) == {"access.unauthenticated"}, refusals
    assert accepted(sound).json()["id"] == str(marc.id)


def test_control_trusting_the_header_accepts_a_public_key_as_secret() -> None:
    raw = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    token = forged({"alg": "HS256"}, {"sub": "anyone"}, raw)

    believed = jwt.get_unverified_header(token)["alg"]

    assert jwt.decode(token, raw, [believed])["sub"] == "anyone"


async def test_a_cached_token_still_expires(town: Town) -> None:
    marc = await town.a_customer()
    key = Ed25519PrivateKey.from_private_bytes(settings().derived_key("access-tokens"))
    await town.ensure_served()
    claims = {"sub": str(marc.id), "iss": town.url, "aud": "authenticated", "exp": (end := time.time() + 5)}
    headers = {"Authorization": f"Bearer {jwt.encode(claims, key, 'EdDSA')}"}

    first = await town.request("GET", "/v1/me", headers=headers)
    await asyncio.sleep(end + 0.5 - time.time())
    second = await town.request("GET", "/v1/me", headers=headers)

    assert [first.status_code, second.status_code] == [200, 401]
