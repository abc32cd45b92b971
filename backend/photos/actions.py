"""Storing a photo in three steps: add its row, store its files, mark it as kept.

No transaction is open while the files are being stored.
"""

from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.datastructures import UploadFile
from starlette.responses import Response

from backend.database.sessions import Database, call, caller_in
from backend.http.idempotency import Once
from backend.photos.models import Photo
from backend.photos.pictures import read_photo
from backend.photos.problems import PhotoNotFound
from backend.photos.schemas import PhotoTaken
from backend.photos.store import PhotoStore


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


async def take_photo(database: Database, store: PhotoStore, account_id: UUID, file: UploadFile, once: Once) -> Response:
    """Store a photo for a page or a problem report, made anew from its pixels, and answer with its id.

    Cancelling the call stops all of it. Raises whatever `read_photo` and the photo store raise; the database raises
    NotAllowed.
    """
    async with database.session(account_id) as session, session.begin():
        answered = await once.claim(session)
        if answered is not None:
            return answered
        # Before the photo is decoded, which costs more than anything else here.
        await call(session, "require_photographer")
    try:
        pictures = await read_photo(file, account_id)
        try:
            async with database.session(account_id) as session, session.begin():
                photo_id = await begin_photo(session)
            await store.keep(photo_id, await pictures.encoded())
            async with database.session(account_id) as session, session.begin():
                await mark_photo_kept(session, photo_id, pictures.width, pictures.height)
                return await once.keep(session, PhotoTaken(photo_id=photo_id), 201)
        finally:
            pictures.give_up()
    except BaseException:
        async with database.session(account_id) as session, session.begin():
            await once.release(session)
        raise
