"""Receive one CSV file, as the request body or as the field `file` of a form. Above 1 MiB it is kept on disk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from fastapi import Request
from pydantic import BaseModel
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, UploadFile

from backend.http.uploads import uploaded
from backend.problems.common import BodyOfWrongType

IN_MEMORY = 2**20
# The types that browsers and curl send for a CSV file; the first is the one that Excel registers on Windows.
CSV = ("application/vnd.ms-excel", "text/csv", "application/csv", "text/plain", "text/tab-separated-values")


class _NoFields(BaseModel):
    """The form has no field besides the file."""


@asynccontextmanager
async def sent_csv(request: Request) -> AsyncIterator[UploadFile]:
    """Yield the file that was sent, and close it afterwards. Raises BodyOfWrongType, BodyUnreadable, RequestInvalid."""
    header = request.headers.get("content-type", "")
    kind = header.partition(";")[0].strip().lower()
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
            yield UploadFile(cast(BinaryIO, spooled), headers=Headers({"content-type": header}))
    else:
        raise BodyOfWrongType(headers={"Accept": "text/csv, multipart/form-data"})


def declared_charset(file: UploadFile) -> str | None:
    """Return the charset that the file's own Content-Type declares, as it was sent; None if there is none."""
    charset = parse_options_header(file.content_type)[1].get(b"charset")
    return charset.decode("latin-1") if charset else None
