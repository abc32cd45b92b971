"""Sealed addresses of webhook endpoints, and the secrets that messages are signed with."""

import secrets
from base64 import b64encode
from dataclasses import dataclass
from uuid import UUID, uuid4

from backend.sealing.seals import keyring

SEALED_ADDRESS = "app.webhook_endpoints.sealed"
SEALED_SECRET = "app.webhook_secrets.sealed"  # noqa: S105  the name of a column
SECRET_PREFIX = "whsec_"  # noqa: S105  of Standard Webhooks
SECRET_BYTES = 32


@dataclass(frozen=True)
class Sealed:
    """A sealed text and its wrapped key. The key is no account's; the seal is bound to its id."""

    key_id: UUID
    text: bytes
    wrapped: bytes
    master_key: str


def new_secret() -> str:
    """Return a new secret, as Standard Webhooks writes them."""
    return SECRET_PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sealed(place: str, text: str) -> Sealed:
    """Return a text sealed with a new key. place: such as SEALED_ADDRESS."""
    key = keyring().new_data_key(uuid4())
    return Sealed(key.account_id, key.seal(place, text.encode()), key.wrapped, key.master_key)


def opened(place: str, kept: Sealed) -> str:
    """Return what `sealed` sealed. Raises MasterKeyMissing, SealBroken."""
    return keyring().data_key(kept.key_id, kept.wrapped, kept.master_key).open(place, kept.text).decode()
