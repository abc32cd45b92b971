"""The way to Postgres: acts in one round trip, and sessions that carry an identity.

`Acts` calls one definer function a statement, as `ecopanier_api` itself: for hot acts and for what happens before
sign-in. A session becomes its caller at the very begin of its transaction, and row-level security does the rest.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, cast
from uuid import UUID

import asyncpg
from fastapi import Depends, Request
from sqlalchemy import Connection as Begun
from sqlalchemy import event, make_url, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction

from backend.database.acts import Acts
from backend.database.connections import Connection, Connections
from backend.database.safety import newest_migration, refuse_unsafe
from backend.identity.callers import CallerOrNobody, caller_or_nobody, documented_sign_in
from backend.identity.tokens import Role
from backend.observability.request_id import request_id
from backend.problems.common import NotAllowed, NotSignedIn
from backend.problems.problem import Problem
from backend.settings import Settings

STATEMENT_SECONDS = 10
READY_SECONDS = 2


class AccountSuspended(Problem):
    """This account is suspended; write to us if you think that this is a mistake."""

    code, status = "account.suspended", 403


class Database:
    """The connections of one process."""

    def __init__(self, connections: Connections, url: str, settings: Settings) -> None:
        self._connections = connections
        self.acts = Acts(connections)
        arguments: dict[str, Any] = {
            "server_settings": _server_settings(),
            "timeout": STATEMENT_SECONDS,
            "command_timeout": STATEMENT_SECONDS,
        }
        if settings.pgbouncer:
            arguments |= {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
        self._engine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            pool_size=settings.db_connections,
            max_overflow=0,
            pool_timeout=STATEMENT_SECONDS,
            connect_args=arguments,
            hide_parameters=True,
        )

    @classmethod
    async def open(cls, url: str, settings: Settings) -> "Database":
        """Connect, and refuse a login that could pass row-level security by. Raises UnsafeDatabase."""

        async def connect() -> Connection:
            connection = await asyncpg.connect(
                url,
                server_settings=_server_settings(),
                statement_cache_size=0 if settings.pgbouncer else 100,
                timeout=STATEMENT_SECONDS,
                command_timeout=STATEMENT_SECONDS,
            )
            # JSON that the database made is passed on as it came: bytes, not text that would be encoded again.
            await connection.set_type_codec(
                "json", schema="pg_catalog", encoder=str.encode, decoder=bytes, format="binary"
            )
            return connection

        connections = Connections(connect, settings.db_connections)
        try:
            async with connections.one() as connection:
                await refuse_unsafe(connection)
        except BaseException:
            await connections.close()
            raise
        return cls(connections, url, settings)

    def session(self, account_id: UUID | None) -> AsyncSession:
        """Open a session that becomes this account (or nobody) when its transaction begins."""
        session = AsyncSession(self._engine, expire_on_commit=False)
        session.sync_session.info["account_id"] = account_id
        event.listen(session.sync_session, "after_begin", _become)
        return session

    def act_session(self) -> AsyncSession:
        """Open a session as the login itself, which may call acts and read nothing."""
        session = AsyncSession(self._engine, expire_on_commit=False)
        event.listen(session.sync_session, "after_begin", _name_request)
        return session

    async def ready(self) -> str | None:
        """Say why requests cannot be served, None when they can: reached, and migrated to what this checkout says."""
        try:
            async with asyncio.timeout(READY_SECONDS), self._connections.one() as connection:
                stands = await connection.fetchval("select version_num from app.alembic_version")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            return "the database is not reached"
        if stands != newest_migration():
            return "the migrations are not current"
        return None

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
        await self._connections.close()


def _server_settings() -> dict[str, str]:
    return {"application_name": "ecopanier", "timezone": "UTC", "jit": "off"}


def _become(session: Session, transaction: SessionTransaction, connection: Begun) -> None:
    """Set who this transaction is for, at its begin, and look up what they may be now.

    Local to the transaction, so that a connection returned to the pool is nobody again.
    """
    if transaction.nested:
        return  # a savepoint within one that has become its caller already
    account_id: UUID | None = session.info["account_id"]
    if account_id is None:
        connection.execute(text("select set_config('role', 'anon', true)"))
        return
    standing = connection.execute(
        text(
            "select app.standing(:account), set_config('request.jwt.claims', :claims, true),"
            " set_config('app.request_id', :request, true), set_config('role', 'authenticated', true)"
        ),
        {
            "account": account_id,
            "claims": json.dumps({"sub": str(account_id), "role": "authenticated"}),
            "request": request_id.get() or "",
        },
    ).scalar_one()
    if standing is None:
        raise NotSignedIn
    if standing == "suspended":
        raise AccountSuspended
    session.info["role"] = Role(standing)


def _name_request(_session: Session, transaction: SessionTransaction, connection: Begun) -> None:
    """Say which request this transaction is for, so that the audit log can; the worker's are for none."""
    if not transaction.nested and (request := request_id.get()) is not None:
        connection.execute(text("select set_config('app.request_id', :request, true)"), {"request": request})


async def database(request: Request) -> Database:
    """Give this process's connections."""
    return cast(Database, request.app.state.database)


async def _acts(request: Request) -> Acts:
    return (await database(request)).acts


async def _session(request: Request, account_id: CallerOrNobody) -> AsyncIterator[AsyncSession]:
    async with (await database(request)).session(account_id) as session, session.begin():
        yield session


ActsDep = Annotated[Acts, Depends(_acts)]

# With FastAPI's default scope a commit that fails would still have answered 201.
SessionDep = Annotated[AsyncSession, Depends(_session, scope="function")]
"""A session as the caller, or as nobody: for reads that anyone may try."""


def signed_in_as(*roles: Role) -> Any:
    """Make the dependency of a session for signed-in callers, of these roles where any are named.

    Raises NotSignedIn, AccountSuspended, NotAllowed.
    """

    async def session_as(
        request: Request, _documented: Annotated[str | None, Depends(documented_sign_in)] = None
    ) -> AsyncIterator[AsyncSession]:
        account_id = await caller_or_nobody(request)
        if account_id is None:
            raise NotSignedIn
        async with (await database(request)).session(account_id) as session, session.begin():
            await session.connection()
            if roles and session.sync_session.info["role"] not in roles:
                raise NotAllowed
            yield session

    return Depends(session_as, scope="function")


SignedIn = Annotated[AsyncSession, signed_in_as()]
AsMerchant = Annotated[AsyncSession, signed_in_as(Role.MERCHANT)]
AsAdmin = Annotated[AsyncSession, signed_in_as(Role.ADMIN)]
AsEnroller = Annotated[AsyncSession, signed_in_as(Role.ASSOCIATION, Role.ADMIN)]


def caller_in(session: AsyncSession) -> UUID:
    """Give the account that a session is for."""
    return cast(UUID, session.sync_session.info["account_id"])


def role_in(session: AsyncSession) -> Role:
    """Give the role that the database found when the transaction began."""
    return cast(Role, session.sync_session.info["role"])


async def call(session: AsyncSession, act: str, **values: Any) -> Any:
    """Call a definer function as the session's caller and give its one value."""
    places = ", ".join(f"{name} => :{name}" for name in values)
    return (await session.execute(text(f"select app.{act}({places})"), values)).scalar_one()


async def call_row(session: AsyncSession, act: str, **values: Any) -> Sequence[Any]:
    """Call a definer function with several results as the session's caller."""
    places = ", ".join(f"{name} => :{name}" for name in values)
    return (await session.execute(text(f"select * from app.{act}({places})"), values)).one()  # noqa: S608  as above
