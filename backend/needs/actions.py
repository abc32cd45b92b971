"""Say what an association takes."""

from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call
from backend.needs.schemas import NeedsIn
from backend.problems.common import PreconditionFailed


async def set_needs(session: AsyncSession, wanted: NeedsIn, versions: list[int] | None) -> None:
    """Keep what the caller's association takes, if it still is at one of these versions (None: any).

    Raises PreconditionFailed; the database raises NotAllowed, WhichAssociation, NeedsHoursInvalid, NeedsLackInvalid,
    NeedsColdInvalid.
    """
    if not await call(session, "set_needs", wanted=to_json(wanted).decode(), versions=versions):
        raise PreconditionFailed
