"""Grant and end mandates. The database keeps the rules."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call
from backend.partners import queries
from backend.partners.schemas import MandateOut


async def grant_mandate(session: AsyncSession, client_id: UUID) -> MandateOut:
    """Let an API client enrol people in the name of the caller's association, and return the mandate.

    The database raises AssociationNotFound, WhichAssociation, SecondFactorRequired, AssociationUnverified,
    ApiClientNotFound.
    """
    granted: UUID = await call(session, "grant_mandate", client=client_id)
    return await queries.mandate(session, granted)


async def end_mandate(session: AsyncSession, mandate_id: UUID) -> None:
    """End a mandate of the caller's association.

    The database raises AssociationNotFound, WhichAssociation, MandateNotFound, SecondFactorRequired.
    """
    await call(session, "end_mandate", mandate=mandate_id)
