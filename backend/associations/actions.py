"""Edit an association, and propose, decide and end agreements between associations and shops."""

import re
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.datastructures import UploadFile
from starlette.responses import Response

from backend.associations import queries
from backend.associations.documents import SIGNED, read_pdf
from backend.associations.models import Association
from backend.associations.problems import AssociationNumberInvalid, AssociationNumberMissing
from backend.associations.schemas import AgreementIn, AgreementOut, AssociationEdit
from backend.database.sessions import Database, call, require_role
from backend.files.store import FileStore
from backend.http.etags import require_revision
from backend.http.idempotency import Once
from backend.identity.tokens import Role
from backend.problems.common import PreconditionFailed
from backend.shops.opening_hours import stored_hours
from backend.shops.sirets import siret_in

_RNA = re.compile(r"W[0-9A-Z]{9}")


async def edit_association(session: AsyncSession, wanted: AssociationEdit, versions: list[int] | None) -> None:
    """Change the caller's association, if it still has one of these versions. None allows any version.

    Raises AssociationNotFound, AssociationNumberInvalid, AssociationNumberMissing, PreconditionFailed; the database
    raises WhichAssociation, AssociationNumberFixed, AssociationNumberTaken, AssociationZoneFixed,
    AssociationOutsideTerritory, PagePhotoUnknown.
    """
    values: dict[str, Any] = wanted.model_dump(exclude_unset=True)
    if "opening_hours" in values:
        values["opening_hours"] = stored_hours(wanted.opening_hours)
    if values.get("rna") is not None:
        values["rna"] = _checked_rna(values["rna"])
    if values.get("siret") is not None:
        values["siret"] = siret_in(values["siret"])
        if values["siret"] is None:
            raise AssociationNumberInvalid
    own = await queries.require_association(session, "owner")
    if values:
        change = update(Association).where(col(Association.id) == own).values(values)
        if versions is not None:
            # Compared in the statement that writes: of two requests that read the same version only one succeeds.
            change = change.where(col(Association.version).in_(versions))
        changed = (await session.execute(change.returning(col(Association.rna), col(Association.siret)))).one_or_none()
        if changed is not None:
            if {"rna", "siret"} & values.keys() and changed == (None, None):
                raise AssociationNumberMissing
            return
    _, version = await queries.own_association(session)
    require_revision(versions, version)
    if values:
        raise PreconditionFailed


def _checked_rna(number: str) -> str:
    compact = re.sub(r"[\s.-]", "", number).upper()
    if not _RNA.fullmatch(compact) or not compact.strip("W0"):
        raise AssociationNumberInvalid
    return compact


async def propose_agreement(
    database: Database,
    store: FileStore,
    account_id: UUID,
    association: UUID | None,
    file: UploadFile,
    wanted: AgreementIn,
    once: Once,
) -> Response:
    """Begin an agreement, store its document, and propose it to the shop.

    association: the one that the caller acts for; None if it is their only one.

    No transaction is open while the document is being stored. Raises NotAllowed, DocumentTooLarge, DocumentNotPdf,
    DocumentStoreUnavailable; the database raises ShopNotFound, AgreementDaysInvalid, AgreementExists.
    """
    async with database.session(account_id, association) as session, session.begin():
        await require_role(session, Role.ASSOCIATION, or_member_of="association")
        if answered := await once.claim(session):
            return answered
    try:
        document = await read_pdf(file)
        async with database.session(account_id, association) as session, session.begin():
            agreement_id = await call(
                session, "begin_agreement", shop=wanted.shop_id, signed=wanted.signed_on, ends=wanted.ends_on
            )
        await store.keep(agreement_id, {SIGNED: document})
        async with database.session(account_id, association) as session, session.begin():
            await call(session, "propose_agreement", agreement=agreement_id, bytes=len(document))
            return await once.keep(session, await queries.agreement(session, agreement_id), 201)
    except BaseException:
        async with database.session(account_id, association) as session, session.begin():
            await once.release(session)
        raise


async def decide_agreement(
    session: AsyncSession, agreement_id: UUID, verdict: Literal["confirmed", "declined"]
) -> AgreementOut:
    """Confirm or decline an agreement with the caller's shop.

    The database raises AgreementNotFound, AgreementDecided.
    """
    await call(session, "decide_agreement", agreement=agreement_id, verdict=verdict)
    return await queries.agreement(session, agreement_id)


async def end_agreement(session: AsyncSession, agreement_id: UUID) -> AgreementOut:
    """End an agreement, as either side. The database raises AgreementNotFound, AgreementOver."""
    await call(session, "end_agreement", agreement=agreement_id)
    return await queries.agreement(session, agreement_id)
