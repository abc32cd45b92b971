"""The signed sheets of tours: a PDF file as it came, or a photo, which becomes one. Stored with other documents."""

import asyncio
import io
from uuid import UUID

from PIL import Image
from starlette.datastructures import UploadFile

from backend.associations.documents import SIGNED, read_pdf
from backend.associations.removing import remove_documents
from backend.database.sessions import Database, call
from backend.files.store import FileStore
from backend.job_context import Work
from backend.photos.pictures import read_photo

MANY = 200
DOTS_AN_INCH = 200  # a page of A4 is then 2340 dots long, about as much as is kept of a photo
_PDF_HEADER = b"%PDF-"


async def keep_sheet(database: Database, store: FileStore, account_id: UUID, tour_id: UUID, file: UploadFile) -> None:
    """Store the signed sheet of a tour, which was begun; it replaces an earlier one.

    No transaction is open while the file is read and stored. Raises the problems of documents and of photos; the
    database raises TourNotFound.
    """
    document = await _as_pdf(file, account_id)
    await store.keep(tour_id, {SIGNED: document})
    async with database.session(account_id) as session, session.begin():
        await call(session, "signed_sheet_kept", tour=tour_id, bytes=len(document))


async def _as_pdf(file: UploadFile, account_id: UUID) -> bytes:
    begin = await asyncio.to_thread(file.file.read, len(_PDF_HEADER))
    await asyncio.to_thread(file.file.seek, 0)
    if begin == _PDF_HEADER:
        return await read_pdf(file)
    pictures = await read_photo(file, account_id)
    pictures.give_up()  # of a sheet, only its pixels are needed
    return await asyncio.to_thread(_printed, pictures.pixels)


def _printed(pixels: Image.Image) -> bytes:
    made = io.BytesIO()
    pixels.save(made, "PDF", resolution=DOTS_AN_INCH)
    return made.getvalue()


async def remove_sheets(work: Work) -> int:
    """Remove the signed sheets of tours that are gone, and those that never came; return how many."""
    return await remove_documents(
        work,
        lambda: work.acts.rows("orphaned_sheets", most=MANY),
        lambda tour: work.acts.value("sheet_gone", tour=tour),
    )
