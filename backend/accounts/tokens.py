"""Refresh tokens and one-time tokens: 256 bits each; only their SHA-256 is stored."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256

LONGEST_TOKEN = 200


def new_token() -> str:
    """Return a new random token."""
    return secrets.token_urlsafe(32)


def derived_token(key: bytes, *parts: str) -> str:
    """Return the token that belongs to these parts: always the same one, and only the holder of the key can make it."""
    made = hmac.digest(key, "\0".join(parts).encode(), "sha256")
    return urlsafe_b64encode(made).rstrip(b"=").decode()


def token_hash(token: str) -> bytes:
    """Return the hash of a token that the database stores. No salt is needed: 256 random bits cannot be guessed."""
    return sha256(token.encode()).digest()
