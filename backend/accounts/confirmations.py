"""The code and token of a mail that asks to confirm an address, and the registration kept until then.

The code and the link's token are derived from what the mail is about, so that a mail that is sent twice holds the same
ones. The database stores only hashes of them. Six digits could be tried out against a plain hash, so theirs is keyed.
"""

import hmac
import os
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import from_json, to_json

from backend.sealing.seals import NONCE_BYTES
from backend.settings import Settings

CODE_MINUTES, LINK_HOURS = 15, 24
CODE_DIGITS = 6
MOST_CODES = 5

_DIGITS_TO_LETTERS = str.maketrans("0123456789", "ghijklmnop")


class RequestUnreadable(Exception):
    """Raised when a registration was sealed with another secret key, or altered since."""


@dataclass(frozen=True, repr=False)
class Mailed:
    """The code and the token of one mail."""

    code: str
    token: str


def mailed(settings: Settings, *about: str) -> Mailed:
    """Return the code and the token of the mail about these things, always the same ones.

    The token has 256 bits and is made of letters only: the code is the one number of six digits in the mail, for
    people and for programs that look for it.
    """
    key = settings.derived_key("confirmations")
    made = hmac.digest(key, "\0".join(("token", *about)).encode(), "sha256")
    number = int.from_bytes(hmac.digest(key, "\0".join(("code", *about)).encode(), "sha256"))
    return Mailed(f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}d}", made.hex().translate(_DIGITS_TO_LETTERS))


def code_hash(settings: Settings, look_up: bytes, code: str) -> bytes:
    """Return the hash under which the database stores a code. look_up: the keyed hash of the address."""
    return hmac.digest(settings.derived_key("codes"), look_up + code.encode(), "sha256")


def plain_code(written: str) -> str:
    """Return a typed code without the spaces and hyphens that people put between digits."""
    return re.sub(r"[\s\u200b\u2060\ufeff.-]", "", written)


@dataclass(frozen=True)
class Registrant:
    """Somebody who registers. Sealed until the address is confirmed, because it may be a beneficiary's."""

    email: str
    display_name: str

    def sealed(self, settings: Settings, look_up: bytes) -> bytes:
        """Return both texts sealed for the row with this look-up."""
        nonce = os.urandom(NONCE_BYTES)
        plain = to_json([self.email, self.display_name])
        return nonce + AESGCM(settings.derived_key("registrations")).encrypt(nonce, plain, look_up)

    @classmethod
    def opened(cls, settings: Settings, look_up: bytes, sealed: bytes) -> "Registrant":
        """Return what `sealed` sealed. Raises RequestUnreadable."""
        key = AESGCM(settings.derived_key("registrations"))
        try:
            return cls(*from_json(key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], look_up)))
        except InvalidTag:
            raise RequestUnreadable from None
