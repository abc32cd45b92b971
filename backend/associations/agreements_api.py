"""Donation agreements between associations and shops, over HTTP."""

from typing import Annotated
from uuid import UUID

import limits
from fastapi import Query, Request, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.associations import actions, queries
from backend.associations.documents import PDF, SIGNED
from backend.associations.problems import (
    WHICH,
    AgreementDaysInvalid,
    AgreementDecided,
    AgreementExists,
    AgreementNotFound,
    AgreementOver,
    DocumentNotPdf,
    DocumentStoreUnavailable,
    DocumentTooLarge,
)
from backend.associations.schemas import AgreementIn, AgreementOut, AgreementStatus
from backend.database.sessions import ActingFor, AsShopMember, database, require_role, signed_in_as
from backend.files.store import FileStore
from backend.http.idempotency import IdempotencyInProgress, KeyHeader, Once, OnceDep, fingerprint, key_of
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.http.uploads import content_hash, documented_upload, uploaded
from backend.identity.callers import caller
from backend.identity.tokens import Role
from backend.problems.common import CursorInvalid
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound

router = Router(tags=["associations"], prefix="/agreements")

PROPOSALS = limits.parse("30/hour")  # each proposal stores up to 10 MB for years
SIDES = (Role.ASSOCIATION, Role.MERCHANT)
AsSide = Annotated[AsyncSession, signed_in_as(*SIDES, or_member_of="either")]
AsSideOrAdmin = Annotated[AsyncSession, signed_in_as(*SIDES, Role.ADMIN, or_member_of="either")]
CURSOR = TypeAdapter(tuple[UUID])
UPLOAD = documented_upload(
    ["shop_id", "signed_on", "document"],
    {
        "shop_id": {"type": "string", "format": "uuid"},
        "signed_on": {"type": "string", "format": "date"},
        "ends_on": {"type": "string", "format": "date", "description": "The last day, if any."},
        "document": {
            "type": "string",
            "format": "binary",
            "description": "The signed agreement as a PDF file of at most 10 MB.",
        },
    },
)


@router.post(
    "",
    status_code=201,
    response_model=AgreementOut,
    openapi_extra=UPLOAD,
    responses=may_answer(
        *WHICH,
        ShopNotFound,
        AgreementDaysInvalid,
        AgreementExists,
        DocumentNotPdf,
        DocumentTooLarge,
        DocumentStoreUnavailable,
        IdempotencyInProgress,
    ),
)
async def propose_agreement(
    request: Request,
    association: ActingFor = None,
    _documented: KeyHeader = None,
) -> Response:
    """Propose a signed donation agreement to a shop, as an owner of a verified association.

    The shop's merchant sees the agreement with its document, and confirms or declines it.
    """
    account_id = await caller(request)
    await spend(request.scope, "agreements", PROPOSALS, str(account_id))
    key = key_of(request)
    async with uploaded(request, "document", AgreementIn) as (file, wanted):
        sent = b"" if key is None else await content_hash(file) + wanted.model_dump_json().encode()
        once = Once(key, fingerprint(request, sent))
        store = request.app.state.documents
        return await actions.propose_agreement(
            await database(request), store, account_id, association, file, wanted, once
        )


@router.get("", responses=may_answer(CursorInvalid))
async def list_agreements(
    session: AsSideOrAdmin,
    shop_id: Annotated[UUID | None, Query(description="Only agreements of this shop.")] = None,
    status: Annotated[AgreementStatus | None, Query(examples=["proposed"])] = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[AgreementOut]:
    """List your agreements, newest first.

    A merchant sees the agreements of their shops, an admin those of everybody.
    """
    before = cursor_key(after, CURSOR)[0] if after else None
    found = await queries.agreements(session, shop_id, status, before, limit)
    return page_of(found, limit, lambda agreement: (agreement.id,))


@router.get("/{agreement_id}", responses=may_answer(AgreementNotFound))
async def read_agreement(agreement_id: UUID, session: AsSideOrAdmin) -> AgreementOut:
    """Read an agreement, as one of its sides or as an admin."""
    return await queries.agreement(session, agreement_id)


@router.get(
    "/{agreement_id}/document",
    response_class=Response,
    openapi_extra={"security": [{"bearer": []}]},
    responses={
        200: {
            "description": "The signed agreement.",
            "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
        },
        **may_answer(AgreementNotFound, DocumentStoreUnavailable),
    },
)
async def read_document(agreement_id: UUID, request: Request) -> Response:
    """Download the signed document of an agreement, as one of its sides.

    Admins can read the agreement, but not its document.
    """
    async with (await database(request)).session(await caller(request)) as session, session.begin():
        await require_role(session, *SIDES, or_member_of="either")
        agreement = await queries.agreement(session, agreement_id)
    # No transaction is open while the store is asked.
    store: FileStore = request.app.state.documents
    document = await store.find(agreement_id, SIGNED)
    if document is None or len(document) != agreement.document_bytes:
        raise DocumentStoreUnavailable
    headers = {"Content-Disposition": f'attachment; filename="convention-{agreement.signed_on}.pdf"'}
    return Response(document, headers=headers, media_type=PDF)


@router.post("/{agreement_id}/confirm", responses=may_answer(AgreementNotFound, AgreementDecided))
async def confirm_agreement(agreement_id: UUID, session: AsShopMember, once: OnceDep) -> AgreementOut:
    """Confirm an agreement that an association proposed to your shop."""
    return await once(session, actions.decide_agreement(session, agreement_id, "confirmed"), 200)


@router.post("/{agreement_id}/decline", responses=may_answer(AgreementNotFound, AgreementDecided))
async def decline_agreement(agreement_id: UUID, session: AsShopMember, once: OnceDep) -> AgreementOut:
    """Decline an agreement that an association proposed to your shop."""
    return await once(session, actions.decide_agreement(session, agreement_id, "declined"), 200)


@router.post("/{agreement_id}/end", responses=may_answer(AgreementNotFound, AgreementOver))
async def end_agreement(agreement_id: UUID, session: AsSide, once: OnceDep) -> AgreementOut:
    """End an agreement as either of its sides, whether it was confirmed or not."""
    return await once(session, actions.end_agreement(session, agreement_id), 200)
