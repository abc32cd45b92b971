"""Refresh tokens and one-time tokens: 256 bits each, kept by their SHA-256 only."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256

LONGEST_TOKEN = 200


def new_token() -> str:
    """Make a token nobody can guess."""
    return secrets.token_urlsafe(32)


def derived_token(key: bytes, *parts: str) -> str:
    """Make the one token that belongs to these parts: made again, it is the same; without the key, nobody can."""
    made = hmac.digest(key, "\0".join(parts).encode(), "sha256")
    return urlsafe_b64encode(made).rstrip(b"=").decode()


def token_hash(token: str) -> bytes:
    """Give what the database keeps of a token. Unsalted: with 256 random bits there is nothing to guess from."""
    return sha256(token.encode()).digest()
