"""The readers of funds: people of their organisation, admins, and API clients with the scope `funds:read`."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from backend.api_clients.calling import PersonOrClient, person_or_client
from backend.database.sessions import Database, begun_as


@dataclass(frozen=True, slots=True)
class Reader:
    """A session for one request: as a person, or as the login itself for an API client, which acts get by its id."""

    session: AsyncSession
    client: UUID | None


async def _reader(
    request: Request, calling: Annotated[PersonOrClient, Depends(person_or_client("funds:read"))]
) -> AsyncIterator[Reader]:
    if calling.client is not None:
        database: Database = request.app.state.database
        async with database.act_session() as session, session.begin():
            yield Reader(session, calling.client.id)
        return
    async with begun_as(request, calling.account_id, None) as session:
        await session.connection()
        yield Reader(session, None)


FundReader = Annotated[Reader, Depends(_reader, scope="function")]
