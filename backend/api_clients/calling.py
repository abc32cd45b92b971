"""Dependencies of routes that API clients call.

    Client = Annotated[CallingClient, Depends(calling_client("figures:read"))]
    Caller = Annotated[PersonOrClient, Depends(person_or_client("webhooks"))]
    EnrolSession = Annotated[AsyncSession, Depends(client_session("beneficiaries:enrol"), scope="function")]

An act that a client asks for gets `client => client.id` and begins with `app.require_client(client, scope)`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import limits
from fastapi import Depends, Request, Security
from sqlalchemy.ext.asyncio import AsyncSession

from backend.api_clients.schemas import Scope
from backend.database.sessions import Database, begun_as, call
from backend.http.rate_limits import spend
from backend.identity.callers import caller, caller_or_nobody, client_of, documented_client, documented_sign_in
from backend.problems.common import NotAllowed, NotSignedIn, ScopeMissing

REQUESTS = limits.parse("600/minute")


@dataclass(frozen=True)
class CallingClient:
    """An API client whose token has the scope that the route needs."""

    id: UUID


@dataclass(frozen=True)
class PersonOrClient:
    """The caller of a route that people and API clients may call: one of both ids, or neither for a visitor."""

    account_id: UUID | None = None
    client: CallingClient | None = None


async def _client_in(request: Request, scope: Scope) -> CallingClient | None:
    """Return the API client that calls; None for anybody else.

    Raises NotSignedIn if it or its secret was revoked, ScopeMissing, RateLimited.
    """
    claims = client_of(request)
    if claims is None:
        return None
    await spend(request.scope, "api-client", REQUESTS, str(claims.client))
    database: Database = request.app.state.database
    if not await database.acts.value("client_stands", client=claims.client, secret=claims.secret):
        raise NotSignedIn
    if scope not in claims.scopes:
        raise ScopeMissing(headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'})
    return CallingClient(claims.client)


def calling_client(scope: Scope) -> Callable[..., Awaitable[CallingClient]]:
    """Return a dependency for a route that API clients with this scope alone may call.

    Raises NotSignedIn without a token, NotAllowed for a person's, and what a client's own token is refused with.
    """

    async def calling(
        request: Request, _documented: Annotated[str | None, Security(documented_client, scopes=[scope])] = None
    ) -> CallingClient:
        found = await _client_in(request, scope)
        if found is None:
            await caller(request)
            raise NotAllowed
        return found

    return calling


def person_or_client(scope: Scope, *, visitors: bool = False) -> Callable[..., Awaitable[PersonOrClient]]:
    """Return a dependency for a route that people and API clients with this scope may call; `visitors`: anybody.

    Raises NotSignedIn without a token unless visitors may call, and what a bad token is refused with.
    """

    async def calling(
        request: Request,
        _client: Annotated[str | None, Security(documented_client, scopes=[scope])] = None,
        _person: Annotated[str | None, Depends(documented_sign_in)] = None,
    ) -> PersonOrClient:
        found = await _client_in(request, scope)
        if found is not None:
            return PersonOrClient(client=found)
        who = await caller_or_nobody(request)
        if who is None and not visitors:
            raise NotSignedIn
        return PersonOrClient(account_id=who)

    return calling


@asynccontextmanager
async def acting_as(
    request: Request, who: PersonOrClient, scope: Scope, association: UUID | None = None
) -> AsyncIterator[AsyncSession]:
    """Open a session that acts for the person or the API client that calls.

    association: the one that a person of several acts for. Raises AccountSuspended, and what a client is refused with.
    """
    if who.client is None:
        async with begun_as(request, who.account_id, association) as session:
            await session.connection()
            yield session
        return
    database: Database = request.app.state.database
    async with database.act_session() as session, session.begin():
        await call(session, "begin_as_client", client=who.client.id, scope=scope)
        yield session


def client_in(session: AsyncSession) -> UUID:
    """Return the API client for which `client_session` opened a session."""
    client: UUID = session.sync_session.info["client"]
    return client


def client_session(scope: Scope) -> Callable[..., AsyncIterator[AsyncSession]]:
    """Return a dependency that opens a transaction which acts for the calling API client: for work with a key."""
    client_with_scope = Depends(calling_client(scope))

    async def session_of(request: Request, client: CallingClient = client_with_scope) -> AsyncIterator[AsyncSession]:
        database: Database = request.app.state.database
        async with database.act_session() as session, session.begin():
            await call(session, "begin_as_client", client=client.id, scope=scope)
            session.sync_session.info["client"] = client.id
            yield session

    return session_of
