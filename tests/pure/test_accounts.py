"""Tokens, e-mail addresses, user names and passwords of accounts, without a database."""

import asyncio
import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import extract_parameters
from email_validator import EmailNotValidError
from hypothesis import given
from hypothesis import strategies as st

from backend.accounts import passwords
from backend.accounts.addresses import normalised, username
from backend.accounts.problems import PasswordTooCommon
from backend.accounts.tokens import derived_token, new_token, token_hash
from backend.problems.common import TryAgain

# Tokens


def test_new_tokens_have_256_bits_and_never_repeat() -> None:
    made = {new_token() for _ in range(1000)}

    assert len(made) == 1000
    assert {len(token) for token in made} == {43}  # 32 bytes in base64


def test_a_derived_token_depends_on_its_key_and_each_part() -> None:
    made = derived_token(b"key", "spent", "mine")

    assert made == derived_token(b"key", "spent", "mine")
    assert len(made) == 43
    assert made not in (
        derived_token(b"yek", "spent", "mine"),
        derived_token(b"key", "spent", "yours"),
        derived_token(b"key", "spentmine"),
        derived_token(b"key", "mine", "spent"),
    )


def test_a_token_is_stored_as_its_sha256_hash() -> None:
    assert token_hash("token") == hashlib.sha256(b"token").digest()


# Addresses


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Amina@Example.ORG", "Amina@example.org"),
        ("amina@exämple.org", "amina@xn--exmple-cua.org"),
        ("amina+marché@example.org", None),
        ("amina+marche@example.org", "amina+marche@example.org"),
        ("amina@localhost", None),
        ("amina@example.org\nBcc: x@example.org", None),
        ('"a b"@example.org', None),
        ("amina@[127.0.0.1]", None),
        ("amina@@example.org", None),
        (f"{'a' * 250}@example.org", None),
        ("", None),
    ],
)
def test_addresses_are_normalised_or_refused(written: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(EmailNotValidError):
            normalised(written)
    else:
        assert normalised(written) == kept == normalised(kept)


@pytest.mark.parametrize(
    ("written", "counted"),
    [
        (" AMINA@Example.org ", "amina@example.org"),
        ("2026-ben-00042", "2026-ben-00042"),
        ("2026-BEN-00042", "2026-ben-00042"),
        ("amina@exämple.org", "amina@xn--exmple-cua.org"),
        ("amina\u200b@example.org", ""),
        ("2026-BEN-0004\u0662", ""),
        ("a\x00b", ""),
        ("a" * 300, ""),
        ("@", ""),
    ],
)
def test_a_user_name_has_one_form_under_which_attempts_are_counted(written: str, counted: str) -> None:
    assert username(written) == counted


@given(st.text())
def test_normalising_a_user_name_twice_changes_nothing(written: str) -> None:
    name = username(written)
    assert name.isascii()
    assert username(name) == name


# Passwords


async def test_a_password_is_hashed_with_argon2id_at_owasp_s_cost_and_salted() -> None:
    first, second = await passwords.hashed("un vélo bleu"), await passwords.hashed("un vélo bleu")

    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert (await passwords.compare("un vélo bleu", first)) == passwords.Compared(True)
    assert (await passwords.compare("un vélo vert", first)) == passwords.Compared(False)


async def test_the_dummy_hash_costs_the_same_and_matches_no_password() -> None:
    assert extract_parameters(passwords.NOBODYS) == extract_parameters(await passwords.hashed("un vélo bleu"))
    for password in ("", "A" * 43, "un vélo bleu"):
        assert not (await passwords.compare(password, None)).right


async def test_a_hash_with_older_parameters_is_renewed_by_a_right_password() -> None:
    from pwdlib.hashers.argon2 import Argon2Hasher

    older = Argon2Hasher(time_cost=1, memory_cost=8_192, parallelism=1).hash("un vélo bleu".encode())

    right = await passwords.compare("un vélo bleu", older)
    wrong = await passwords.compare("un vélo vert", older)

    assert right.renewed is not None
    assert right.renewed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (wrong.right, wrong.renewed) == (False, None)


@pytest.mark.parametrize("threads", ["our two", "control"])
async def test_at_most_two_passwords_are_hashed_at_a_time(monkeypatch: pytest.MonkeyPatch, threads: str) -> None:
    """Each hash takes 19 MiB. The control gives the work sixteen threads, as asyncio's own pool may have."""
    at_once, most, lock = 0, 0, threading.Lock()

    def hashing(_: bytes) -> str:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1
        return "hash"

    monkeypatch.setattr(passwords._argon2, "hash", hashing)
    if threads == "control":
        monkeypatch.setattr(passwords, "_threads", ThreadPoolExecutor(16))
    await asyncio.gather(*(passwords.hashed("un vélo bleu") for _ in range(16)))

    assert (most <= 2) is (threads == "our two")


async def test_hashing_is_refused_when_the_queue_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MOST_WAITING", 4)

    def hashing(_: bytes) -> str:
        time.sleep(0.02)
        return "hash"

    monkeypatch.setattr(passwords._argon2, "hash", hashing)
    outcomes = await asyncio.gather(*(passwords.hashed("un vélo bleu") for _ in range(10)), return_exceptions=True)
    after = await passwords.hashed("un vélo bleu")

    assert [type(outcome) for outcome in outcomes].count(TryAgain) == 6
    assert after == "hash"


@pytest.mark.parametrize(
    "password",
    [
        "password12",
        "Motdepasse!",
        "P@ssw0rd2026",
        "m0td3p4ss3!!",
        "azertyuiop",
        "AZERTYUIOP",
        "qwertyuiop",
        "0123456789",
        "9876543210",
        "abcdefghijkl",
        "aaaaaaaaaaaaaaaa",
        "121212121212",
        "soleilsoleil",
        "bonjour12345",
        "Ecopanier-2026",
        "amina.b.2026",
        "amina1990!!",
    ],
)
def test_a_common_password_is_refused(password: str) -> None:
    with pytest.raises(PasswordTooCommon):
        passwords.refuse_common(password, "amina@example.org", "Amina B.")


@pytest.mark.parametrize(
    "password",
    ["un vélo bleu sous la pluie", "correct horse battery", "0612345678", "motdepasse de mon chat", "Zk9$qpW2vB"],
)
def test_an_uncommon_password_is_accepted(password: str) -> None:
    passwords.refuse_common(password, "amina@example.org", "Amina B.", "", "@")
