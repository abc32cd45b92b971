"""Decide which passwords are accepted, and hash them with Argon2id in two threads of their own.

A password has 10 to 128 characters. There is no rule about digits or capitals: such rules lead to `Password1!`, while
length helps (NIST SP 800-63B, 3.1.1.2). Passwords that attackers try first are refused instead.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from backend.accounts.problems import PasswordTooCommon
from backend.problems.common import TryAgain

Result = TypeVar("Result")

SHORTEST, LONGEST = 10, 128

# OWASP Password Storage Cheat Sheet, 2025: m = 19 MiB, t = 2, p = 1. Measured here: 23 ms.
MEMORY_KIB, PASSES, LANES = 19_456, 2, 1
_argon2 = PasswordHash((Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES),))

# Compared with when there is no account: it costs the same work and matches no password.
NOBODYS = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${'A' * 22}${'A' * 43}"

# Only these threads hold memory for hashing. With 64 sign-ins at once the process grew by 40 MB; with 16 threads it
# grew by 290 MB.
AT_ONCE = 2
MOST_WAITING = 200
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
_waiting = 0

_ROWS = ("0123456789" * 2, "9876543210" * 2, "abcdefghijklmnopqrstuvwxyz" * 2, "azertyuiopqsdfghjklmwxcvbn",
         "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm")  # fmt: skip
_WORDS = frozenset(
    "admin administrateur administrator azerty azertyuiop baseball bienvenue bonjour bonsoir"
    " changeme chocolat default demo doudou ecopanier football france iloveyou jetaime letmein liverpool login loulou"
    " marseille motdepasse nicolas olympique panier paris pass password passwort princess princesse qwerty qwertyuiop"
    " qwertz root secret secure soleil starwars sunshine superman test toulouse trustno user welcome whatever".split()
)
_LOOK_ALIKES = str.maketrans("013457@$!€", "oieastasie")


@dataclass(frozen=True)
class Compared:
    """The result of a comparison: whether the password was right, and a new hash if the kept one is outdated."""

    right: bool
    renewed: str | None = None


async def hashed(password: str) -> str:
    """Return the hash of a password. Raises TryAgain when too many passwords wait to be hashed."""
    return str(await _in_turn(_argon2.hash, _one_form(password)))


async def compare(password: str, kept: str | None) -> Compared:
    """Compare a password with a kept hash. None takes as long and never matches. Raises TryAgain as `hashed` does."""
    right, renewed = await _in_turn(_argon2.verify_and_update, _one_form(password), kept or NOBODYS)
    return Compared(right and kept is not None, renewed)


def refuse_common(password: str, *about_the_person: str) -> None:
    """Raise PasswordTooCommon for common words, rows of keys, fewer than 5 different signs and the person's name."""
    lower = password.casefold()
    own = {_letters(word) for text in about_the_person for word in (text, text.partition("@")[0])} - {""}
    cores = {_letters(lower)}
    # Digits may stand for letters or follow the word: `m0td3p4ss3`, `Passw0rd2026!`.
    cores |= {_letters(lower.rstrip(added).translate(_LOOK_ALIKES)) for added in ("!", "!0123456789")}
    if (
        len(set(lower)) < 5
        or any(lower in row for row in _ROWS)
        or any(_repeats(core, word) for core in cores for word in _WORDS | own)
    ):
        raise PasswordTooCommon


def _letters(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if letter.isalpha())


def _repeats(core: str, word: str) -> bool:
    return bool(core) and core == word * (len(core) // len(word))


def _one_form(password: str) -> bytes:
    # Keyboards send é as one code point or as two (NIST SP 800-63B: normalise before hashing).
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


async def _in_turn(work: Callable[..., Result], *arguments: Any) -> Result:
    global _waiting
    if _waiting >= MOST_WAITING:
        raise TryAgain
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, partial(work, *arguments))
    finally:
        _waiting -= 1
