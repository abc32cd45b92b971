"""Imports of beneficiaries over HTTP: the file, its progress, and a template."""

from typing import Any
from uuid import UUID

import limits
from fastapi import Request
from pydantic import TypeAdapter
from starlette.responses import Response

from backend.associations.problems import WHICH
from backend.beneficiaries import imports, queries
from backend.beneficiaries.csv_reader import TEMPLATE
from backend.beneficiaries.csv_upload import declared_charset, sent_csv
from backend.beneficiaries.problems import (
    FileNotCsv,
    FileTooLarge,
    ImportColumnsWrong,
    ImportNotFound,
    ImportTooLong,
)
from backend.beneficiaries.schemas import ImportedOut, ImportOut
from backend.database.sessions import ActingFor, AsEnroller, database
from backend.http.idempotency import IdempotencyInProgress, KeyHeader, Once, fingerprint, key_of
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.http.uploads import content_hash
from backend.identity.callers import caller
from backend.problems.common import CursorInvalid
from backend.problems.problem import language_of, may_answer

router = Router(tags=["beneficiaries"])

MOST_BYTES = 20 * 2**20
IMPORTS = limits.parse("60/hour")
CURSOR = TypeAdapter(tuple[UUID])
UPLOAD: dict[str, Any] = {
    "security": [{"bearer": []}],
    "requestBody": {
        "required": True,
        "description": "A CSV file of at most 20 MB and 100,000 lines, as any spreadsheet writes it: separator,"
        " encoding and columns are detected, and titles above the header are skipped. A charset in the file's"
        " Content-Type is used if the file can be read in it. See `GET /beneficiaries/import/template.csv`.",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": TEMPLATE},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    },
}


@router.post(
    "/beneficiaries/import",
    status_code=200,
    response_model=ImportedOut,
    openapi_extra=UPLOAD,
    responses=may_answer(
        *WHICH, FileTooLarge, FileNotCsv, ImportColumnsWrong, ImportTooLong, IdempotencyInProgress, ImportNotFound
    ),
)
async def import_beneficiaries(
    request: Request,
    association: ActingFor = None,
    _documented: KeyHeader = None,
) -> Response:
    """Enrol everybody in a CSV file, as a verified association or an admin.

    The answer has one outcome for each line. An optional cell that cannot be read is left out with a warning. A line
    that is refused does not stop the others, and whoever is enrolled
    stays enrolled: if no answer comes, send the same file again. `GET /beneficiaries/imports` shows the progress.
    """
    account_id: UUID = await caller(request)
    await spend(request.scope, "imports", IMPORTS, str(account_id))
    key = key_of(request)
    async with sent_csv(request) as file:
        sent = b"" if key is None else await content_hash(file)
        once = Once(key, fingerprint(request, sent))
        return await imports.import_people(
            await database(request),
            account_id,
            association,
            file.file,
            declared_charset(file),
            language_of(request.scope),
            once,
        )


@router.get(
    "/beneficiaries/import/template.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": TEMPLATE}}}},
)
async def import_template() -> Response:
    """Download a CSV template with the expected columns and one example line."""
    headers = {"Content-Disposition": 'attachment; filename="beneficiaires.csv"'}
    return Response(TEMPLATE.encode("utf-8-sig"), 200, headers, "text/csv; charset=utf-8")


@router.get("/beneficiaries/imports", responses=may_answer(CursorInvalid))
async def list_imports(session: AsEnroller, limit: Limit = 20, after: After = None) -> Page[ImportOut]:
    """List your imports and their progress, newest first; an admin sees everybody's."""
    before = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.imports(session, before, limit), limit, lambda one: (one.id,))


@router.get("/beneficiaries/imports/{import_id}", responses=may_answer(ImportNotFound))
async def read_import(import_id: UUID, session: AsEnroller) -> ImportOut:
    """Read the progress of an import."""
    return await queries.import_(session, import_id)
