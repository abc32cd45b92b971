"""What a card's QR holds: a random secret that says nothing about whose it is."""

import hmac
import secrets
from base64 import b32encode
from hashlib import sha256
from uuid import UUID

BEGIN = "EC1:"
LENGTH = 26  # of base 32: 130 bits


def new_secret() -> str:
    """Draw a card's secret."""
    return b32encode(secrets.token_bytes(20)).decode()[:LENGTH]


def derived_secret(key: bytes, issuer: UUID, request_key: str, holder: UUID) -> str:
    """Make the one secret that belongs to a request and a person: sent again, it is the same; it is kept nowhere.

    key: of at least 32 bytes; request_key: the request's Idempotency-Key.
    """
    digest = hmac.digest(key, f"{issuer}\0{holder}\0{request_key}".encode(), "sha256")
    return b32encode(digest).decode()[:LENGTH]


def secret_hash(shown: str) -> bytes:
    """Give what the database keeps of a card, from what its QR holds, with its beginning or without, however typed."""
    return sha256(shown.strip().upper().removeprefix(BEGIN).encode()).digest()
