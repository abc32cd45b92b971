"""External ids: how the program of an API client calls a person.

They may be social numbers, so they are never stored open: they are sealed with a key of ours, bound to the keyed hash
by which they are found.
"""

import os
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.sealing.seals import NONCE_BYTES, Keyring
from backend.settings import Settings, settings

_OWN = text("select * from app.own_external_ids()")


def external_look_up(keys: Keyring, association: UUID, client: UUID, external_id: str) -> bytes:
    """Return the keyed hash by which an external id is found. Each association and each client has its own."""
    return keys.look_up("external_id", str(association), str(client), external_id)


def sealed_external(chosen: Settings, look_up: bytes, external_id: str) -> bytes:
    """Return an external id sealed for the row with this look-up."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _key(chosen).encrypt(nonce, external_id.encode(), look_up)


def opened_external(chosen: Settings, look_up: bytes, sealed: bytes) -> str | None:
    """Return what `sealed_external` sealed; None if that was with another secret key."""
    try:
        return _key(chosen).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], look_up).decode()
    except (InvalidTag, ValueError):
        return None


async def own_external_ids(session: AsyncSession) -> list[dict[str, Any]]:
    """Return the external ids of the caller, opened, for the export of their data."""
    return [
        {
            "external_id": opened_external(settings(), row.lookup, row.sealed_external),
            "client": row.client,
            "organisation": row.organisation,
            "association": row.association,
            "seen_at": row.seen_at,
        }
        for row in await session.execute(_OWN)
    ]


def _key(chosen: Settings) -> AESGCM:
    return AESGCM(chosen.derived_key("external-ids"))
