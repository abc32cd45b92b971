"""Supabase tokens verified with keys fetched over HTTP: valid, forged, rotated; and with a failing project."""

import asyncio
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.identity import supabase_tokens
from backend.identity.callers import Identities
from backend.identity.client_tokens import ClientTokens
from backend.identity.supabase_tokens import KeysUnavailable, SupabaseTokens
from backend.problems.common import NotSignedIn
from tests.listener import reply
from tests.supabase_project import EC_KEY, RSA_KEY, SHARED_SECRET, SupabaseProject, jwk

NO_CLIENTS = ClientTokens(bytes(32), "https://ecopanier.example")


@pytest.fixture
async def project() -> AsyncIterator[SupabaseProject]:
    async with SupabaseProject() as made:
        yield made


@pytest.fixture
async def verifier(project: SupabaseProject) -> AsyncIterator[Identities]:
    made = Identities(SupabaseTokens(project.url, SHARED_SECRET.encode()), NO_CLIENTS)
    yield made
    await made.close()


async def refused(verifier: Identities, token: str) -> bool:
    try:
        await verifier.claims(token)
    except NotSignedIn:
        return True
    return False


@pytest.mark.parametrize(
    ("key", "key_id"), [(RSA_KEY, "rsa"), (EC_KEY, "ec"), (SHARED_SECRET, None)], ids=["RS256", "ES256", "HS256"]
)
async def test_a_valid_token_gives_the_account_and_its_address(
    project: SupabaseProject, verifier: Identities, key: Any, key_id: Any
) -> None:
    token = project.token(key, key_id, sub="0191e0c5-0000-7000-8000-000000000001")

    claims = await verifier.claims(token)

    assert (str(claims.account_id), claims.email) == ("0191e0c5-0000-7000-8000-000000000001", "amina@example.org")


async def test_a_token_of_a_phone_sign_up_has_no_email_address(project: SupabaseProject, verifier: Identities) -> None:
    for nothing in ("", None, 5):
        assert (await verifier.claims(project.token(email=nothing))).email is None


async def test_forged_tokens_are_refused(project: SupabaseProject, verifier: Identities) -> None:
    now = int(time.time())
    public = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    stranger_rsa, stranger_ec = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    forgeries = {
        "another key under a known name": project.token(stranger_ec, "ec"),
        "another RSA key": project.token(stranger_rsa, "rsa"),
        "the key of another algorithm": project.token(EC_KEY, "rsa"),
        "an unknown key": project.token(stranger_ec, "unknown"),
        "no key named": project.token(EC_KEY, None),
        "another issuer": project.token(iss="https://elsewhere.supabase.co/auth/v1"),
        "a similar issuer": project.token(iss=f"{project.url}/auth/v1/"),
        "another audience": project.token(aud="anon"),
        "expired": project.token(exp=now - 10),
        "of the future": project.token(iat=now + 60),
        "no expiry": project.token(exp=None),
        "no subject": project.token(sub=None),
        "no audience": project.token(aud=None),
        "no issuer": project.token(iss=None),
        "the anonymous key of the project": project.token(SHARED_SECRET, None, sub=None, role="anon", aud=None),
        "the service key of the project": project.token(SHARED_SECRET, None, sub=None, role="service_role", aud=None),
        "another secret": project.token("another secret of at least 32 bytes length", None),
        "no signature": forged(project, {"alg": "none"}, b""),
        "the public key as a secret": forged(project, {"alg": "HS256", "kid": "rsa"}, public),
        "the modulus as a secret": forged(project, {"alg": "HS256", "kid": "rsa"}, project.keys[0]["n"].encode()),
        "HS512": jwt.encode(project.claims(), SHARED_SECRET * 2, "HS512"),
        "nested": urlsafe_b64encode(b"[" * 4000).decode() + ".e30.",
        "two algorithms": forged(project, {"alg": ["HS256", "RS256"]}, b""),
    }

    accepted = [name for name, token in forgeries.items() if not await refused(verifier, token)]

    assert accepted == []
    assert not await refused(verifier, project.token())


async def test_without_a_shared_secret_every_hs256_token_is_refused(project: SupabaseProject) -> None:
    verifier = Identities(SupabaseTokens(project.url), NO_CLIENTS)
    assert await refused(verifier, project.token(SHARED_SECRET, None))
    assert await refused(verifier, forged(project, {"alg": "HS256", "kid": "ec"}, b""))
    await verifier.close()


async def test_control_trusting_the_header_accepts_the_public_key_as_a_secret(
    project: SupabaseProject,
) -> None:
    modulus = project.keys[0]["n"].encode()
    token = forged(project, {"alg": "HS256", "kid": "rsa"}, modulus)

    believed = jwt.get_unverified_header(token)["alg"]

    assert jwt.decode(token, modulus, [believed], audience="authenticated")["role"] == "authenticated"


async def test_concurrent_first_requests_fetch_the_keys_once(project: SupabaseProject, verifier: Identities) -> None:
    project.delays_answers(0.3)

    said = await asyncio.gather(*(verifier.claims(project.token()) for _ in range(50)))

    assert len(said) == 50
    assert project.fetched == 1


async def test_a_new_key_is_found_and_guessed_key_ids_cause_no_fetch(
    project: SupabaseProject, verifier: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    await verifier.claims(project.token())
    new = ec.generate_private_key(ec.SECP256R1())
    project.keys.append(jwk(new, "new"))

    at_once = [await refused(verifier, project.token(new, "new")) for _ in range(20)]
    later(monkeypatch, supabase_tokens.JWKS_SECONDS)
    after = [await refused(verifier, project.token(new, "new")) for _ in range(5)]
    guesses = [await refused(verifier, project.token(new, f"guess {number}")) for number in range(20)]

    assert at_once == [True] * 20
    assert after == [False] * 5
    assert guesses == [True] * 20
    assert project.fetched == 2


async def test_a_withdrawn_key_is_refused_after_the_cache_expires(
    project: SupabaseProject, verifier: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    await verifier.claims(project.token())
    project.keys.pop()
    await verifier.claims(project.token())
    later(monkeypatch, supabase_tokens.JWKS_KEPT_SECONDS)

    await verifier.claims(project.token())  # the keys are renewed in the background: no request waits for them
    tokens = verifier.tokens
    assert isinstance(tokens, SupabaseTokens)
    assert tokens._renewing is not None
    await tokens._renewing

    assert await refused(verifier, project.token())


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        reply(200, b"<!doctype html><title>Project paused</title>", "text/html"),
        reply(500, b"{}"),
        reply(302, b""),
        reply(200, b"[]"),
        reply(200, b"null"),
        reply(200, b'{"keys": []}'),
        reply(200, b'{"keys": "none"}'),
        reply(200, b'{"keys": [{"kty": "EC", "crv": 5, "kid": "ec"}]}'),
        reply(200, b'{"keys": [{"kty": "RSA", "n": 1, "e": [], "kid": "ec"}]}'),
        reply(200, b'{"keys": [' + b" " * 100_000 + b"]}"),
        reply(200, b"\xff\xfe"),
        reply(200, b"[" * 50_000),
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\nnot gzip",
        b"not HTTP at all\r\n\r\n",
    ],
)
async def test_bad_key_answers_keep_known_keys_and_report_keys_unavailable(
    project: SupabaseProject, verifier: Identities, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    sound, project.answer = project.answer, lambda: answer
    with pytest.raises(KeysUnavailable):
        await verifier.claims(project.token())
    with pytest.raises(KeysUnavailable):
        await verifier.claims(project.token(RSA_KEY, "rsa"))
    assert project.fetched == 1

    later(monkeypatch, supabase_tokens.JWKS_SECONDS)
    project.answer = sound
    await verifier.claims(project.token())

    later(monkeypatch, 2 * supabase_tokens.JWKS_SECONDS)
    project.answer = lambda: answer
    with pytest.raises(KeysUnavailable):
        await verifier.claims(project.token(EC_KEY, "unknown"))
    await verifier.claims(project.token())


async def test_an_oversized_key_answer_is_not_read_to_its_end(project: SupabaseProject, verifier: Identities) -> None:
    project.answer = lambda: reply(200, b'{"keys": [' + b" " * 50_000_000 + b"]}")

    async with asyncio.timeout(10):
        with pytest.raises(KeysUnavailable):
            await verifier.claims(project.token())


async def test_a_silent_project_is_given_up_after_the_timeout(
    project: SupabaseProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supabase_tokens, "JWKS_TIMEOUT_SECONDS", 0.2)
    verifier = Identities(SupabaseTokens(project.url), NO_CLIENTS)
    project.delays_answers(30)

    async with asyncio.timeout(5):
        said = await asyncio.gather(*(verifier.claims(project.token()) for _ in range(20)), return_exceptions=True)

    assert {type(one) for one in said} == {KeysUnavailable}
    assert project.fetched <= 1
    await verifier.close()


async def test_an_unreachable_project_fails_only_tokens_that_need_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    async with SupabaseProject() as project:
        token = project.token()
    verifier = Identities(SupabaseTokens(project.url, SHARED_SECRET.encode()), NO_CLIENTS)

    with pytest.raises(KeysUnavailable):
        await verifier.claims(token)
    await verifier.claims(project.token(SHARED_SECRET, None))  # verified with the shared secret, without the project
    await verifier.close()


async def test_a_key_for_encryption_verifies_no_signature(project: SupabaseProject, verifier: Identities) -> None:
    project.keys = [jwk(EC_KEY, "ec", use="enc"), jwk(RSA_KEY, "rsa")]

    assert await refused(verifier, project.token())
    assert not await refused(verifier, project.token(RSA_KEY, "rsa"))


async def test_symmetric_keys_in_a_key_set_are_ignored(project: SupabaseProject, verifier: Identities) -> None:
    secret = b"a secret that somebody published by mistake"
    project.keys.append({"kty": "oct", "k": urlsafe_b64encode(secret).decode(), "kid": "oct", "alg": "HS256"})

    assert await refused(verifier, forged(project, {"alg": "HS256", "kid": "oct"}, secret))


def forged(project: SupabaseProject, header: dict[str, Any], key: bytes) -> str:
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, project.claims())]
    signature = hmac.digest(key, b".".join(parts), "sha256")
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Move the clock of the verifier alone forward by this many seconds."""
    real = time.monotonic

    class Later:
        time = staticmethod(time.time)

        @staticmethod
        def monotonic() -> float:
            return real() + seconds

    monkeypatch.setattr(supabase_tokens, "time", Later)
