"""The pass: one random code, from which the server derives QR and PIN. The same for every kind of lot.

The database stores only the code. Nobody can derive QR or PIN from it without the server's key, so a dump contains
neither, and the holder can see both again at any time. A new pass is a new code.
"""

import hmac
import io
import secrets
from base64 import b32encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import qrcode
from qrcode.image.svg import SvgPathFillImage

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U to misread
CODE_LENGTH = 10
_QR_BEGIN = "EP1"  # only characters of QR's alphanumeric mode, so that the picture stays coarse and easy to scan


@dataclass(frozen=True)
class Shown:
    """What was shown at the counter: the code, and whether it can be one of ours."""

    code: str
    genuine: bool


class Passes:
    """Derives and checks QR and PIN with a key of at least 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def qr(self, code: str) -> str:
        """Return the text of the QR: the code and a 130-bit proof that the server made it."""
        return f"{_QR_BEGIN}:{code}:{self._proof(code)}"

    def pin(self, code: str) -> str:
        """Return the 6 digits that belong to a code."""
        digest = hmac.digest(self._key, b"pin:" + code.encode(), sha256)
        return f"{int.from_bytes(digest) % 1_000_000:06d}"

    def read_qr(self, text: str) -> Shown:
        """Read a scanned QR. It is genuine if its proof is right."""
        begin, _, rest = text.strip().partition(":")
        code, _, proof = rest.partition(":")
        code = code[:CODE_LENGTH]
        genuine = begin == _QR_BEGIN and hmac.compare_digest(proof.encode(), self._proof(code).encode())
        return Shown(code, genuine)

    def read_code(self, text: str) -> Shown:
        """Read a typed code. Small letters, spaces, dashes, O for 0, and I or L for 1 are accepted."""
        code = text.upper().translate(str.maketrans("OIL", "011", " -"))
        return Shown(code, len(code) == CODE_LENGTH and set(code) <= set(ALPHABET))

    def pin_matches(self, code: str, pin: str) -> bool:
        """Return whether a PIN belongs to a code. The comparison takes constant time."""
        return hmac.compare_digest(self.pin(code).encode(), pin.encode())

    def _proof(self, code: str) -> str:
        digest = hmac.digest(self._key, b"qr:" + code.encode(), sha256)
        return b32encode(digest).decode()[:26]


def new_code() -> str:
    """Return a new code of 50 random bits. A constraint of the database keeps codes unique."""
    bits = secrets.randbits(5 * CODE_LENGTH)
    return "".join([ALPHABET[bits >> 5 * place & 31] for place in range(CODE_LENGTH)])


def _drawn(text: str) -> "qrcode.QRCode[Any]":
    drawn: qrcode.QRCode[Any] = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, box_size=10, border=4)
    drawn.add_data(text)
    drawn.make(fit=True)
    return drawn


def png(text: str) -> bytes:
    """Return a QR as PNG."""
    picture = io.BytesIO()
    _drawn(text).make_image().save(picture, "PNG")
    return picture.getvalue()


def svg(text: str) -> bytes:
    """Return a QR as SVG, one path on white."""
    picture = io.BytesIO()
    _drawn(text).make_image(image_factory=SvgPathFillImage).save(picture)
    return picture.getvalue()
