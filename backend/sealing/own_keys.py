"""Sealed texts with a key of their own, such as the addresses of webhooks: their key belongs to no person."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from backend.sealing.seals import keyring


@dataclass(frozen=True)
class SealedText:
    """A sealed text and its wrapped key. The seal is bound to the key's id."""

    key_id: UUID
    sealed: bytes
    wrapped: bytes
    master_key: str


def seal_text(place: str, text: str) -> SealedText:
    """Return a text sealed with a new key. place: the column that keeps it, such as `app.chat_hooks.sealed`."""
    key = keyring().new_data_key(uuid4())
    return SealedText(key.account_id, key.seal(place, text.encode()), key.wrapped, key.master_key)


def open_text(place: str, kept: SealedText) -> str:
    """Return the text that `seal_text` sealed for the same place. Raises MasterKeyMissing, SealBroken."""
    return keyring().data_key(kept.key_id, kept.wrapped, kept.master_key).open(place, kept.sealed).decode()
