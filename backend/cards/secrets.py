"""The secret in the QR of a card: random, so that it says nothing about its holder."""

import hmac
import re
import secrets
from base64 import b32encode
from hashlib import sha256
from uuid import UUID

from backend.http.scans import scanned, typed

BEGIN = "EC1"
PREFIX = BEGIN + ":"
LENGTH = 26  # characters of base 32, which are 130 bits

_SECRET = re.compile(f"[A-Z2-7]{{{LENGTH}}}")


def new_secret() -> str:
    """Return a random secret for a card."""
    return b32encode(secrets.token_bytes(20)).decode()[:LENGTH]


def derived_secret(key: bytes, issuer: UUID, request_key: str, holder: UUID) -> str:
    """Return the secret for a person in a request. A repeated request gives the same one, so it need not be stored.

    key: at least 32 bytes. request_key: the request's Idempotency-Key.
    """
    digest = hmac.digest(key, f"{issuer}\0{holder}\0{request_key}".encode(), "sha256")
    return b32encode(digest).decode()[:LENGTH]


def secret_shown(text: str) -> str | None:
    """Return the secret in a scanned card, in any case and keyboard layout; None if it cannot be a card of ours.

    A secret typed without its beginning is read too.
    """
    if parts := scanned(text, BEGIN, LENGTH):
        return parts[0]
    return secret if _SECRET.fullmatch(secret := typed(text)) else None


def secret_hash(secret: str) -> bytes:
    """Return the hash of a card's secret, with or without the prefix, that the database stores."""
    return sha256(secret.removeprefix(PREFIX).encode()).digest()
