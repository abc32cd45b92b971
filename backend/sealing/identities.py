"""Keyed hashes by which the same person is found, whichever association enrolled them and however they spell a name.

Two associations learn from it that they mean one person, and neither reads the other's names. A method says how a name
is reduced to letters before it is hashed. Each row of `app.beneficiary_persons` records the method of its hash, so that
a better method can come: look-ups then ask for the hash by the method before, too, until the worker has opened every
name and computed its hash anew (`renew_identities` in backend/beneficiaries/jobs.py).
"""

import unicodedata
from dataclasses import dataclass
from datetime import date

from anyascii import anyascii

from backend.sealing.seals import Keyring

METHOD = 2
"""The present method. It changes with what `_letters` returns for any name, also when a newer anyascii does that."""


@dataclass(frozen=True)
class Identity:
    """The keyed hashes of one person: by the present method, and by the method before it."""

    present: bytes
    former: bytes


def identity_of(keys: Keyring, first_name: str, last_name: str, birth_date: date | str) -> Identity:
    """Return a person's keyed hashes.

    The script, accents, case, hyphens and the order of the two names do not matter. birth_date: ISO 8601 if it is text.
    """
    present, former = (
        keys.look_up("identity", *sorted((letters(first_name), letters(last_name))), str(birth_date))
        for letters in (_letters, _letters_of_method_1)
    )
    return Identity(present, former)


def _letters(name: str) -> str:
    """Return a name's letters and digits in ASCII and lowercase, as anyascii transliterates them.

    Composed and decomposed letters come out alike. A name of which nothing is left is returned as method 1 returns it.
    """
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    letters = "".join(sign for sign in anyascii(composed).lower() if sign.isalnum())
    return letters or _letters_of_method_1(name)


def _letters_of_method_1(name: str) -> str:
    """Return a name's letters and digits, lowercase and without the accents that Unicode takes off.

    It leaves `ł`, `ø`, `đ` and `ʿ` as they are, so that one person could be enrolled twice. A name without any
    letters or digits is returned as it is, decomposed and stripped.
    """
    decomposed = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe").replace("æ", "ae"))
    letters = "".join(sign for sign in decomposed if sign.isalnum())
    return letters or decomposed.strip()
