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

from backend.http.scans import scanned, typed

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U to misread
CODE_LENGTH = 10
PROOF_LENGTH = 26  # characters of base 32, which are 130 bits
_QR_BEGIN = "EP1"  # only characters of QR's alphanumeric mode, so that the picture stays coarse and easy to scan


@dataclass(frozen=True)
class Shown:
    """The pass that was shown at the counter."""

    code: str
    """Empty if it cannot be a pass of ours."""
    proven: bool
    """Whether it was the QR that the server made for this code, so that nobody can have guessed it."""


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
        """Read a scanned QR, in any case and keyboard layout. It is proven if the server made it."""
        parts = scanned(text, _QR_BEGIN, CODE_LENGTH, PROOF_LENGTH)
        code, proof = parts or ("", "")
        proven = hmac.compare_digest(proof, self._proof(code))
        return Shown(code if proven else "", proven)

    def read_code(self, text: str) -> Shown:
        """Read a typed code. Small letters, spaces, dashes, O for 0, and I or L for 1 are accepted."""
        code = typed(text).translate(str.maketrans("OIL", "011"))
        return Shown(code if len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) else "", False)

    def pin_matches(self, code: str, pin: str) -> bool:
        """Return whether a PIN belongs to a code. The comparison takes constant time."""
        return hmac.compare_digest(self.pin(code).encode(), pin.encode())

    def _proof(self, code: str) -> str:
        digest = hmac.digest(self._key, b"qr:" + code.encode(), sha256)
        return b32encode(digest).decode()[:PROOF_LENGTH]


def new_code() -> str:
    """Return a new code of 50 random bits. A constraint of the database keeps codes unique."""
    bits = secrets.randbits(5 * CODE_LENGTH)
    return "".join([ALPHABET[bits >> 5 * place & 31] for place in range(CODE_LENGTH)])


def _drawn(text: str, border: int = 4) -> "qrcode.QRCode[Any]":
    drawn: qrcode.QRCode[Any] = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, box_size=10, border=border)
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


def svg_without_border(text: str) -> str:
    """Return a QR as SVG for a page that leaves four modules of white around it."""
    picture = io.BytesIO()
    _drawn(text, border=0).make_image(image_factory=SvgPathFillImage).save(picture)
    return picture.getvalue().decode()
