"""One CSV out of a request, as the body itself or as a form's `file`; on disk once it is larger than 1 MiB."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import file_digest
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from backend.common_facts import BodyOfWrongType, BodyUnreadable, RequestInvalid
from backend.errors import Fact, FieldError, language_of
from backend.messages import field_text

IN_MEMORY = 2**20
# What browsers and curl call a CSV; on Windows the first is what Excel registers.
CSV = ("application/vnd.ms-excel", "text/csv", "application/csv", "text/plain", "text/tab-separated-values")


@asynccontextmanager
async def sent_file(request: Request) -> AsyncIterator[BinaryIO]:
    """Give the file that was sent; it is closed at the end. Raises BodyOfWrongType, BodyUnreadable, RequestInvalid."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with _of_a_form(request) as file:
            yield file
    elif kind in CSV:
        with SpooledTemporaryFile(max_size=IN_MEMORY) as spooled:
            piece = bytearray()
            async for chunk in request.stream():
                piece += chunk
                if len(piece) >= IN_MEMORY:
                    await asyncio.to_thread(spooled.write, bytes(piece))
                    piece.clear()
            spooled.write(piece)
            yield cast(BinaryIO, spooled)
    else:
        raise BodyOfWrongType(headers={"Accept": "text/csv, multipart/form-data"})


async def hash_of(file: BinaryIO) -> bytes:
    """Give the SHA-256 of a file, read off the event loop."""

    def read() -> bytes:
        file.seek(0)
        return file_digest(file, "sha256").digest()  # type: ignore[arg-type]  # a spooled file reads like any other

    return await asyncio.to_thread(read)


@asynccontextmanager
async def _of_a_form(request: Request) -> AsyncIterator[BinaryIO]:
    try:
        form = await request.form(max_files=1, max_fields=0)
    except (HTTPException, UnicodeError):
        raise _mistake(request, BodyUnreadable, "body", "form_invalid") from None
    try:
        if any(name != "file" for name in form):
            raise _mistake(request, RequestInvalid, "body", "extra_forbidden")
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise _mistake(request, RequestInvalid, "body.file", "missing" if file is None else "file_expected")
        yield file.file
    finally:
        await form.close()


def _mistake(request: Request, fact: type[Fact], field: str, kind: str) -> Fact:
    message = field_text(kind, language_of(request.scope))
    return fact(errors=[FieldError(field=field, code=kind, message=message)])
