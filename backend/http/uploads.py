"""Uploads: one file and a few fields in a multipart body. A file larger than 1 MiB is kept on disk, not in memory."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BufferedReader
from typing import Any, TypeVar, cast

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from backend.http.error_handlers import field_errors
from backend.problems.common import BodyOfWrongType, BodyUnreadable, RequestInvalid
from backend.problems.problem import FieldError, Problem, language_of
from backend.problems.texts import field_text

LONGEST_FIELD = 1024  # bytes

Fields = TypeVar("Fields", bound=BaseModel)


def documented_upload(required: list[str], properties: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Return the OpenAPI description of a request by somebody signed in that uploads a file.

    required: the names of fields that must be there. properties: the JSON schema of each field and of the file.
    """
    schema = {"type": "object", "required": required, "properties": properties}
    body = {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    return {"security": [{"bearer": []}], "requestBody": body}


@asynccontextmanager
async def uploaded(request: Request, name: str, fields: type[Fields]) -> AsyncIterator[tuple[UploadFile, Fields]]:
    """Yield the file with this name and the validated fields beside it; close the file at the end.

    Raises BodyOfWrongType, BodyUnreadable, RequestInvalid.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise BodyOfWrongType(headers={"Accept": "multipart/form-data"})
    try:
        form = await request.form(max_files=1, max_fields=len(fields.model_fields) + 1, max_part_size=LONGEST_FIELD)
    # The form is cut off or has too many parts, or its charset cannot decode anything (such as `undefined`).
    except (HTTPException, UnicodeError):
        raise _mistake(request, BodyUnreadable, "body", "form_invalid") from None
    try:
        yield _read(request, form, name, fields)
    finally:
        await form.close()


async def content_hash(file: UploadFile) -> bytes:
    """Return the SHA-256 of an uploaded file, read in a thread, and rewind the file."""

    def read() -> bytes:
        digest = hashlib.file_digest(cast(BufferedReader, file.file), "sha256").digest()
        file.file.seek(0)
        return digest

    return await asyncio.to_thread(read)


def _read(request: Request, form: FormData, name: str, fields: type[Fields]) -> tuple[UploadFile, Fields]:
    for sent in form:
        if sent != name and sent not in fields.model_fields:
            raise _mistake(request, RequestInvalid, "body", "extra_forbidden")
    file = form.get(name)
    if file is None:
        raise _mistake(request, RequestInvalid, f"body.{name}", "missing")
    if not isinstance(file, UploadFile):
        raise _mistake(request, RequestInvalid, f"body.{name}", "file_expected")
    try:
        return file, fields.model_validate({sent: value for sent, value in form.items() if sent != name})
    except ValidationError as refused:
        found = [{**error, "loc": ("body", *error["loc"])} for error in refused.errors()]
        raise RequestInvalid(errors=field_errors(found, language_of(request.scope))) from None


def _mistake(request: Request, problem: type[Problem], field: str, kind: str) -> Problem:
    message = field_text(kind, language_of(request.scope))
    return problem(errors=[FieldError(field=field, code=kind, message=message)])
