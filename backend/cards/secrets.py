"""The secret in the QR of a card: random, so that it says nothing about its holder."""

import hmac
import secrets
from base64 import b32encode
from hashlib import sha256
from uuid import UUID

PREFIX = "EC1:"
LENGTH = 26  # characters of base 32, which are 130 bits


def new_secret() -> str:
    """Return a random secret for a card."""
    return b32encode(secrets.token_bytes(20)).decode()[:LENGTH]


def derived_secret(key: bytes, issuer: UUID, request_key: str, holder: UUID) -> str:
    """Return the secret for a person in a request. A repeated request gives the same one, so it need not be stored.

    key: at least 32 bytes. request_key: the request's Idempotency-Key.
    """
    digest = hmac.digest(key, f"{issuer}\0{holder}\0{request_key}".encode(), "sha256")
    return b32encode(digest).decode()[:LENGTH]


def secret_hash(shown: str) -> bytes:
    """Return the hash of a card that the database stores. shown: the text of its QR, in any case, prefix or not."""
    return sha256(shown.strip().upper().removeprefix(PREFIX).encode()).digest()
