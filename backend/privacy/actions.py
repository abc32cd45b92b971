"""Recording consents."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call
from backend.privacy import queries
from backend.privacy.schemas import ConsentsIn, ConsentsOut


async def record_consents(session: AsyncSession, wanted: ConsentsIn) -> ConsentsOut:
    """Record the consents that are named, given or withdrawn, and return all of them. Raises TermsNeeded."""
    for purpose, consent in wanted.model_dump(exclude_unset=True).items():
        await call(
            session,
            "record_consent",
            wanted_purpose=purpose,
            wanted_version=consent["version"],
            wanted_given=consent["given"],
        )
    return await queries.own_consents(session)
