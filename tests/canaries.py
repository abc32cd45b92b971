"""Words that nobody has: planted as somebody's data, they are looked for wherever they must not be, however written."""

import unicodedata
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

FIRST_NAME, LAST_NAME, BIRTH_DATE = "Zélindœr", "Quastrovîgne", "1931-02-17"
ADDRESS, PHONE = "quastro@canari-", "+33 6 99 88 77"
# What every canary's data hold; the names also as look-ups reduce them, and the number as it is dialled.
WORDS = (FIRST_NAME, "Zelindoer", LAST_NAME, "Quastrovigne", ADDRESS, PHONE, "+336998877", BIRTH_DATE)


@dataclass(frozen=True)
class Canary:
    """Somebody whose data are unmistakable; the number tells one from the other."""

    number: int

    @property
    def email(self) -> str:
        return f"{ADDRESS}{self.number}.example"

    def fields(self, **more: object) -> dict[str, object]:
        """The body of an enrolment."""
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
    """A word in other cases, and in the encodings of texts."""
    found: set[bytes] = set()
    for text in (word, word.lower(), word.upper(), unicodedata.normalize("NFD", word)):
        found |= {text.encode(), text.encode("utf-16-le"), text.encode("cp1252", "ignore")}
    return frozenset(found)


@cache
def spellings(word: str) -> frozenset[bytes]:
    """A word as programs write it: also in hex, base64 at each offset, percent and JSON escapes."""
    found = set(plain_spellings(word))
    for raw in plain_spellings(word):
        found |= {raw.hex().encode(), quote(raw).encode()}
        for offset in range(3):
            # Without the signs that depend on what stands around it.
            encoded = b64encode(b"\0" * offset + raw).decode()
            inner = encoded[(0, 2, 3)[offset] : len(encoded) - (0, 3, 2)[(offset + len(raw)) % 3]]
            found |= {inner.encode(), inner.replace("+", "-").replace("/", "_").encode()}
    escaped = "".join(f"\\u{ord(sign):04x}" if ord(sign) > 127 else sign for sign in word)
    return frozenset({*found, escaped.encode(), word.encode("unicode_escape")})


def sightings(places: Mapping[str, bytes], *, raw: bool = False) -> set[tuple[str, str]]:
    """Where which word was found, in any spelling; `raw` looks for those of texts alone, in files of many megabytes."""
    ways = plain_spellings if raw else spellings
    return {
        (place, word) for place, content in places.items() for word in WORDS if any(w in content for w in ways(word))
    }
