"""One CSV out of a request, as the body itself or as a form's `file`; on disk once it is larger than 1 MiB."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from fastapi import Request
from pydantic import BaseModel
from starlette.datastructures import UploadFile

from backend.http.uploads import uploaded
from backend.problems.common import BodyOfWrongType

IN_MEMORY = 2**20
# What browsers and curl call a CSV; on Windows the first is what Excel registers.
CSV = ("application/vnd.ms-excel", "text/csv", "application/csv", "text/plain", "text/tab-separated-values")


class _NoFields(BaseModel):
    """Beside the file there is nothing in the form."""


@asynccontextmanager
async def sent_csv(request: Request) -> AsyncIterator[UploadFile]:
    """Give the file that was sent; it is closed at the end. Raises BodyOfWrongType, BodyUnreadable, RequestInvalid."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with uploaded(request, "file", _NoFields) as (file, _):
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
            spooled.seek(0)
            yield UploadFile(cast(BinaryIO, spooled))
    else:
        raise BodyOfWrongType(headers={"Accept": "text/csv, multipart/form-data"})
