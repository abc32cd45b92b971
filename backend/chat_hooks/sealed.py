"""The sealed address of a chat hook."""

from uuid import UUID, uuid4

from backend.sealing.seals import DataKey, keyring

SEALED_CHAT_HOOK = "app.chat_hooks.sealed"


def sealed_address(url: str) -> tuple[DataKey, bytes]:
    """Return a new key, whose `account_id` is no account's, and the address sealed with it."""
    key = keyring().new_data_key(uuid4())
    return key, key.seal(SEALED_CHAT_HOOK, url.encode())


def opened_address(key_id: UUID, wrapped: bytes, master_key: str, sealed: bytes) -> str:
    """Return the address. Raises MasterKeyMissing, SealBroken."""
    return keyring().data_key(key_id, wrapped, master_key).open(SEALED_CHAT_HOOK, sealed).decode()
