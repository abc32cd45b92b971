"""Taking a photo: its row, then its files, then that they are there. No transaction is open while files are stored."""

from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.database.sessions import caller_in
from backend.photos.models import Photo
from backend.photos.problems import PhotoNotFound


async def begin_photo(session: AsyncSession) -> UUID:
    """Add a photo of the caller's that nobody can use yet, and give its id. Commit it before files are stored.

    Whatever dies after that leaves a row and maybe files, which `remove_orphans` finds by the row.
    """
    begun = insert(Photo).values(account_id=caller_in(session)).returning(col(Photo.id))
    return (await session.execute(begun)).scalar_one()


async def photo_kept(session: AsyncSession, photo_id: UUID, width: int, height: int) -> None:
    """Note that a photo's files are stored: from now on a lot may show it. Sizes in px, of the `full` picture.

    Raises PhotoNotFound when it is not the caller's, or is no longer expected.
    """
    noted = (
        update(Photo)
        .where(col(Photo.id) == photo_id, col(Photo.status) == "coming")
        .values(status="kept", width=width, height=height)
        .returning(col(Photo.id))
    )
    if (await session.execute(noted)).scalar_one_or_none() is None:
        raise PhotoNotFound
