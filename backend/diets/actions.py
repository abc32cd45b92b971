"""Keep and open diets: sealed like the names of beneficiaries, with the person's own data key."""

from uuid import UUID

from pydantic_core import from_json, to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.acts import Acts
from backend.database.sessions import caller_in
from backend.diets.schemas import DietIn, DietOut
from backend.sealing.seals import SEALED_DIET, keyring

SAME_LENGTH = 256  # bytes, more than all 14 allergens take, so that a sealed diet does not tell how many it holds

_OPEN = text("select * from app.open_diet(:why)")


async def keep_diet(acts: Acts, account_id: UUID, wanted: DietIn) -> DietOut:
    """Seal and keep the caller's diet in place of an earlier one. From the database DietConsentNeeded."""
    offered = keyring().new_data_key(account_id)
    held = await acts.row(
        "hold_diet_key", caller=account_id, offered=offered.wrapped, offered_master_key=offered.master_key
    )
    key = keyring().data_key(account_id, held["wrapped"], held["master_key"])
    avoided = sorted(set(wanted.without_allergens))
    sealed = key.seal(SEALED_DIET, to_json(avoided).ljust(SAME_LENGTH))
    await acts.value("keep_diet", caller=account_id, new_sealed=sealed)
    return DietOut(without_allergens=avoided)


async def open_diet(session: AsyncSession, why: str) -> DietOut | None:
    """Return the caller's diet, opened, which the audit log notes with the word `why`; None if they keep none.

    Raises MasterKeyMissing, SealBroken.
    """
    row = (await session.execute(_OPEN, {"why": why})).one_or_none()
    if row is None:
        return None
    return DietOut(without_allergens=from_json(opened(caller_in(session), row.sealed, row.wrapped, row.master_key)))


def opened(account_id: UUID, sealed: bytes, wrapped: bytes, master_key: str) -> bytes:
    """Return the allergens of a sealed diet as JSON. Raises MasterKeyMissing, SealBroken."""
    return keyring().data_key(account_id, wrapped, master_key).open(SEALED_DIET, sealed).rstrip()
