"""Unmistakable personal data: tests store them as a person's data, then search for them where they must not appear."""

import unicodedata
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

FIRST_NAME, LAST_NAME, BIRTH_DATE = "Zélindœr", "Quastrovîgne", "1931-02-17"
ADDRESS, PHONE = "quastro@canari-", "+33 6 99 88 77"
# The words that every canary's data contain. The names also appear as look-ups normalise them, and the phone number
# also as it is dialled.
WORDS = (FIRST_NAME, "Zelindoer", LAST_NAME, "Quastrovigne", ADDRESS, PHONE, "+336998877", BIRTH_DATE)


@dataclass(frozen=True)
class Canary:
    """A person with unmistakable data; the number tells one canary from another."""

    number: int

    @property
    def email(self) -> str:
        return f"{ADDRESS}{self.number}.example"

    def fields(self, **more: object) -> dict[str, object]:
        """Return the body of an enrolment."""
        return {
            "first_name": f"{FIRST_NAME}{self.number}",
            "last_name": f"{LAST_NAME}-{self.number}",
            "birth_date": BIRTH_DATE,
            "email": self.email,
            "phone": f"{PHONE} {self.number}",
            "eligible_until": "2030-06-30",
            **more,
        }


@cache
def plain_spellings(word: str) -> frozenset[bytes]:
    """Return a word in upper and lower case, and in the encodings of text files."""
    found: set[bytes] = set()
    for text in (word, word.lower(), word.upper(), unicodedata.normalize("NFD", word)):
        found |= {text.encode(), text.encode("utf-16-le"), text.encode("cp1252", "ignore")}
    return frozenset(found)


@cache
def spellings(word: str) -> frozenset[bytes]:
    """Return a word as programs write it: also in hex, base64 at each offset, percent and JSON escapes."""
    found = set(plain_spellings(word))
    for raw in plain_spellings(word):
        found |= {raw.hex().encode(), quote(raw).encode()}
        for offset in range(3):
            # Leave out the characters that depend on the neighbouring bytes.
            encoded = b64encode(b"\0" * offset + raw).decode()
            inner = encoded[(0, 2, 3)[offset] : len(encoded) - (0, 3, 2)[(offset + len(raw)) % 3]]
            found |= {inner.encode(), inner.replace("+", "-").replace("/", "_").encode()}
    escaped = "".join(f"\\u{ord(sign):04x}" if ord(sign) > 127 else sign for sign in word)
    return frozenset({*found, escaped.encode(), word.encode("unicode_escape")})


def sightings(places: Mapping[str, bytes], *, raw: bool = False) -> set[tuple[str, str]]:
    """Return the pairs (place, word) where a canary's word occurs in any spelling.

    `raw` searches only the plain spellings, for files of many megabytes.
    """
    ways = plain_spellings if raw else spellings
    # Every database has copies of the same files, so each content is searched only once.
    found = {
        content: [word for word in WORDS if any(w in content for w in ways(word))] for content in {*places.values()}
    }
    return {(place, word) for place, content in places.items() for word in found[content]}
