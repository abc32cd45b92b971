"""Storing a photo in three steps: add its row, store its files, mark it as kept.

No transaction is open while the files are being stored.
"""

from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.database.sessions import caller_in
from backend.photos.models import Photo
from backend.photos.problems import PhotoNotFound


async def begin_photo(session: AsyncSession) -> UUID:
    """Add a photo of the caller's that nobody can use yet, and return its id. Commit before storing its files.

    If the process dies after that, the row and perhaps some files remain; `remove_orphans` finds them by the row.
    """
    begun = insert(Photo).values(account_id=caller_in(session)).returning(col(Photo.id))
    return (await session.execute(begun)).scalar_one()


async def mark_photo_kept(session: AsyncSession, photo_id: UUID, width: int, height: int) -> None:
    """Mark a photo's files as stored, so that a lot may show it. `width` and `height` in px, of the `full` picture.

    Raises PhotoNotFound if the photo is not the caller's or no longer waits for its files.
    """
    noted = (
        update(Photo)
        .where(col(Photo.id) == photo_id, col(Photo.status) == "coming")
        .values(status="kept", width=width, height=height)
        .returning(col(Photo.id))
    )
    if (await session.execute(noted)).scalar_one_or_none() is None:
        raise PhotoNotFound
