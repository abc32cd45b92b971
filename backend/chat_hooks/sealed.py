"""The sealed address of a chat hook."""

from typing import Any
from uuid import UUID, uuid4

from backend.sealing.seals import keyring

SEALED_CHAT_HOOK = "app.chat_hooks.sealed"


def sealed_address(url: str) -> dict[str, Any]:
    """Return an address sealed with a new key, as `add_chat_hook` takes it."""
    key = keyring().new_data_key(uuid4())
    return {
        "hook_key": key.account_id,
        "hook_sealed": key.seal(SEALED_CHAT_HOOK, url.encode()),
        "hook_wrapped": key.wrapped,
        "hook_master_key": key.master_key,
    }


def opened_address(key_id: UUID, wrapped: bytes, master_key: str, sealed: bytes) -> str:
    """Return the address. Raises MasterKeyMissing, SealBroken."""
    return keyring().data_key(key_id, wrapped, master_key).open(SEALED_CHAT_HOOK, sealed).decode()
