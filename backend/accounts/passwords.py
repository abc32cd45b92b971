"""Passwords: what we accept, and Argon2id in two threads of their own.

10 to 128 characters and no rule about digits or capitals: such rules make people write `Password1!`, length does not
(NIST SP 800-63B, 3.1.1.2). What everybody tries first is refused instead.
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

# Compared with where no account is: costs the same work and fits no password.
NOBODYS = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${'A' * 22}${'A' * 43}"

# Only these threads ever hold hashing memory: 64 at once grew the process by 40 MB, against 290 with 16 threads.
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
    """Whether a password was right, and its hash with today's parameters where the kept one has older ones."""

    right: bool
    renewed: str | None = None


async def hashed(password: str) -> str:
    """Hash a password. Raises TryAgain while too many others wait for theirs."""
    return str(await _in_turn(_argon2.hash, _one_form(password)))


async def compare(password: str, kept: str | None) -> Compared:
    """Compare a password with a kept hash; None does the same work in vain. Raises TryAgain as `hashed` does."""
    right, renewed = await _in_turn(_argon2.verify_and_update, _one_form(password), kept or NOBODYS)
    return Compared(right and kept is not None, renewed)


def refuse_common(password: str, *about_the_person: str) -> None:
    """Refuse what is tried first: common words, rows of keys, few signs, one's own name. Raises PasswordTooCommon."""
    lower = password.casefold()
    own = {_letters(word) for text in about_the_person for word in (text, text.partition("@")[0])} - {""}
    cores = {_letters(lower)}
    # Some digits stand for letters and some are only added: `Passw0rd2026!`, `m0td3p4ss3`.
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
    # Keyboards write é as one sign or as two (NIST SP 800-63B: normalise before hashing).
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
