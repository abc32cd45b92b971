"""Papers over HTTP: a customer's receipt, and what a shop gets each month and each year."""

from typing import Annotated, Any
from uuid import UUID

import limits
from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.associations.problems import DocumentStoreUnavailable
from backend.database.sessions import ActsDep, SignedIn, call_row, caller_in, role_in, signed_in_as
from backend.documents import queries
from backend.documents.contents import ReceiptContents
from backend.documents.printing import print_document, read_document
from backend.documents.problems import DocumentNotFound
from backend.documents.schemas import DocumentKind, DocumentOut
from backend.documents.tables import csv_table
from backend.files.store import FileStore
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.identity.tokens import Role
from backend.problems.common import CursorInvalid
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound
from backend.shops.queries import require_own

router = Router(tags=["documents"])

PRINTS = limits.parse("60/hour")  # typesetting takes a tenth of a second of processor time
CURSOR = TypeAdapter(tuple[UUID])
PDF, CSV = "application/pdf", "text/csv"
AsShopMemberOrAdmin = Annotated[AsyncSession, signed_in_as(Role.MERCHANT, Role.ADMIN, or_member_of="shop")]


def _file(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    schema = {"type": "string", "format": "binary"} if media_type == PDF else {"type": "string"}
    return {200: {"description": description, "content": {media_type: {"schema": schema}}}}


@router.get(
    "/reservations/{reservation_id}/receipt.pdf",
    responses=_file(PDF, "One page of A4 (PDF/A-3), in French.")
    | may_answer(DocumentNotFound, DocumentStoreUnavailable),
    response_class=Response,
)
async def read_receipt(reservation_id: UUID, request: Request, session: SignedIn, acts: ActsDep) -> Response:
    """Read the receipt of a reservation or a gift that you paid, from its shop. It is no invoice.

    It does not change any more; after a refund there is a new one.
    """
    await spend(request.scope, "receipts", PRINTS, str(caller_in(session)))
    document, contents, sha256 = await call_row(session, "issue_receipt", reservation=reservation_id)
    reference = ReceiptContents.model_validate_json(contents).reference
    await session.commit()  # typesetting is slow, and should hold no connection
    store: FileStore = request.app.state.documents
    if sha256 is None:
        pdf = await print_document(acts, store, document, "receipt", contents)
    else:
        pdf = await read_document(store, document, sha256)
    return _answer(pdf, PDF, f"recu-{reference}.pdf")


@router.get("/shops/{shop_id}/documents", responses=may_answer(ShopNotFound, CursorInvalid))
async def list_documents(
    shop_id: UUID,
    session: AsShopMemberOrAdmin,
    kind: Annotated[DocumentKind | None, Query(description="Only papers of this kind.", examples=["invoice"])] = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[DocumentOut]:
    """List the papers of a shop that you work for, newest first: statements, invoices, credit notes and yearly copies.

    Papers of a month are issued on the first day of the next one. A customer's receipt is never among them.
    """
    if role_in(session) is not Role.ADMIN:
        await require_own(session, shop_id, "reader")
    before = cursor_key(after, CURSOR)[0] if after else None
    found = await queries.documents(session, shop_id, kind, before, limit)
    return page_of(found, limit, lambda document: (document.id,))


@router.get(
    "/documents/{document_id}.pdf",
    responses=_file(
        PDF, "The paper (PDF/A-3); an invoice or a credit note is Factur-X, with its XML (EN 16931) within."
    )
    | may_answer(DocumentNotFound, DocumentStoreUnavailable),
    response_class=Response,
)
async def read_document_pdf(document_id: UUID, request: Request, session: AsShopMemberOrAdmin) -> Response:
    """Read a paper of a shop that you work for, as it was issued."""
    frozen = await queries.document(session, document_id)
    await session.commit()  # no transaction is open while the store is asked
    pdf = await read_document(request.app.state.documents, document_id, frozen.sha256)
    return _answer(pdf, PDF, f"{frozen.name}.pdf")


@router.get(
    "/documents/{document_id}.csv",
    responses=_file(CSV, "CSV for a spreadsheet: UTF-8 with byte order mark, semicolons, French headers.")
    | may_answer(DocumentNotFound),
    response_class=Response,
)
async def read_document_csv(document_id: UUID, session: AsShopMemberOrAdmin) -> Response:
    """Read a monthly statement or a yearly copy as a table. Other papers have none."""
    frozen = await queries.document(session, document_id)
    if frozen.kind not in queries.TABLES:
        raise DocumentNotFound
    return _answer(csv_table(frozen.kind, frozen.contents), CSV, f"{frozen.name}.csv")


def _answer(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
