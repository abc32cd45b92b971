"""Papers about collected food over HTTP: donation slips, what goods cost, and donation receipts."""

import json
from typing import Annotated, Any
from uuid import UUID

import limits
from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import TypeAdapter

from backend.associations.problems import AssociationNotFound, DocumentStoreUnavailable
from backend.collections.problems import CollectionNotFound
from backend.custody import printing, queries
from backend.custody.problems import AlreadyOnReceipt, NothingToReceipt, NotValued, PaperNotFound
from backend.custody.schemas import DonationIn, DonationOut, ValuesIn
from backend.database.sessions import ActsDep, AsAssociation, AsShopMember, SignedIn, call, call_row, caller_in
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.problems.common import CursorInvalid
from backend.problems.problem import may_answer

router = Router(tags=["collections"])

PRINTS = limits.parse("60/hour")  # typesetting takes a tenth of a second of processor time
CURSOR = TypeAdapter(tuple[UUID])
PDF = "application/pdf"
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A4 (PDF/A-3), in French.",
        "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get(
    "/collections/{collection_id}/slip.pdf",
    responses=_FILE | may_answer(CollectionNotFound, DocumentStoreUnavailable),
    response_class=Response,
)
async def read_slip(collection_id: UUID, request: Request, session: SignedIn, acts: ActsDep) -> Response:
    """Read the donation slip of a collection that concerns you.

    It says what was offered, taken and accepted, with temperatures, times and signatures. Until the association has
    received the food it is provisional; then it does not change any more.
    """
    await spend(request.scope, "slips", PRINTS, str(caller_in(session)))
    paper, contents, sha256 = await call_row(session, "slip_of", collection=collection_id)
    await session.commit()  # typesetting is slow, and should hold no connection
    pdf = await printing.slip(acts, request.app.state.documents, paper, contents, sha256)
    return _answer(pdf, f"bon-{json.loads(contents)['reference']}.pdf")


@router.put(
    "/collections/{collection_id}/values", status_code=204, responses=may_answer(CollectionNotFound, AlreadyOnReceipt)
)
async def value_items(collection_id: UUID, wanted: ValuesIn, session: AsShopMember) -> None:
    """Say what the items of a collection cost your shop, for its donation receipt. You must own the shop."""
    items = [{"item_id": str(item.item_id), "value_cents": item.value_cents} for item in wanted.items]
    await call(session, "value_items", collection=collection_id, items=json.dumps(items))


@router.post(
    "/donation-receipts",
    status_code=201,
    responses=may_answer(AssociationNotFound, NothingToReceipt, NotValued),
)
async def issue_donation_receipt(wanted: DonationIn, session: AsAssociation, once: OnceDep) -> DonationOut:
    """Issue the donation receipt of your association for what a shop gave it (form 2041-MEC-SD).

    It names all goods that were received between two days and that no receipt names yet, with the value that the shop
    says. It does not change any more, and the shop's owner reads it too.
    """

    async def issue() -> DonationOut:
        paper: UUID = await call(
            session,
            "issue_donation",
            association=wanted.association_id,
            shop=wanted.shop_id,
            first_day=wanted.first_day,
            last_day=wanted.last_day,
            purpose=wanted.purpose,
            quality=wanted.quality,
        )
        return await queries.donation(session, paper)

    return await once(session, issue(), 201)


@router.get("/donation-receipts", responses=may_answer(CursorInvalid))
async def list_donation_receipts(
    session: SignedIn,
    shop: Annotated[UUID | None, Query(description="Only those for this shop.")] = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[DonationOut]:
    """List the donation receipts of your association, or for the shops that you own, newest first."""
    before = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.donations(session, shop, before, limit), limit, lambda paper: (paper.id,))


@router.get(
    "/donation-receipts/{paper_id}.pdf",
    responses=_FILE | may_answer(PaperNotFound, DocumentStoreUnavailable),
    response_class=Response,
)
async def read_donation_receipt(paper_id: UUID, request: Request, session: SignedIn, acts: ActsDep) -> Response:
    """Read a donation receipt of your association, or for a shop that you own, as it was issued."""
    await spend(request.scope, "slips", PRINTS, str(caller_in(session)))
    number, contents, sha256 = await queries.donation_contents(session, paper_id)
    await session.commit()
    pdf = await printing.donation(acts, request.app.state.documents, paper_id, contents, sha256)
    return _answer(pdf, f"recu-don-{number}.pdf")


def _answer(pdf: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(pdf, media_type=PDF, headers=headers)
