"""Access to Postgres: acts in one round trip, and sessions that carry the caller's identity.

`Acts` calls one definer function per statement, as the login itself: for hot routes and for what happens before
sign-in. A session takes on its caller's identity at the start of its transaction; row-level security does the rest.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Annotated, Any, Literal, cast
from uuid import UUID

import asyncpg
from fastapi import Depends, Query, Request
from sqlalchemy import Connection as Begun
from sqlalchemy import TextClause, event, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction

from backend.database.acts import Acts
from backend.database.connections import Connection, Connections
from backend.database.plain_reads import DRIVER
from backend.database.safety import newest_migration, refuse_unsafe
from backend.database.shared_reads import SHARED, SharedReads
from backend.identity.callers import CallerOrNobody, caller_or_nobody, documented_sign_in, signed_in
from backend.identity.tokens import Role
from backend.observability.request_id import request_id
from backend.problems.common import NotAllowed, NotSignedIn
from backend.problems.problem import Problem
from backend.settings import Settings

STATEMENT_SECONDS = 10
READY_SECONDS = 2


class AccountSuspended(Problem):
    """Raised when the caller's account is suspended."""

    code, status = "account.suspended", 403


class SecondFactorRequired(Problem):
    """Raised when a sign-in has not passed the second factor that it must: an admin's, or one that opens names."""

    code, status = "auth.second_factor_required", 403


class _CallersSession(Session):
    """A session that takes on its caller's identity when a transaction begins; see `_become`."""


class _ActsSession(Session):
    """A session as the login itself, which names the request when a transaction begins; see `_name_request`."""


class Database:
    """The database connections of one process: a pool for acts, and SQLAlchemy's for sessions."""

    def __init__(self, connections: Connections, url: str, settings: Settings) -> None:
        self._connections = connections
        self.acts = Acts(connections)
        self._second_factor = settings.second_factor_rule
        arguments: dict[str, Any] = {
            "server_settings": _server_settings(),
            "timeout": STATEMENT_SECONDS,
            "command_timeout": STATEMENT_SECONDS,
        }
        if settings.pgbouncer:
            # Each transaction may get another server connection, which knows no statement that was prepared earlier,
            # or another client's by the same name. So statements are prepared without a name, in each transaction.
            arguments |= {
                "statement_cache_size": 0,
                "prepared_statement_cache_size": 0,
                "prepared_statement_name_func": lambda: "",
            }
        self._engine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            pool_size=settings.db_connections,
            max_overflow=0,
            pool_timeout=STATEMENT_SECONDS,
            connect_args=arguments,
            hide_parameters=True,
        )
        self._reading = self._engine.execution_options(postgresql_readonly=True)  # with the same connections

    @classmethod
    async def open(cls, url: str, settings: Settings) -> "Database":
        """Connect to the database. Raises UnsafeDatabase if the login could bypass row-level security."""
        database = cls._unchecked(url, settings)
        try:
            async with database._connections.one() as connection:
                await refuse_unsafe(connection)
        except BaseException:
            await database.close()
            raise
        return database

    @classmethod
    def _unchecked(cls, url: str, settings: Settings) -> "Database":
        """Return the pools, which connect when they are used. Tests use it for copies of a database they checked."""

        async def connect() -> Connection:
            connection = await asyncpg.connect(
                url,
                server_settings=_server_settings(),
                statement_cache_size=0 if settings.pgbouncer else 100,
                timeout=STATEMENT_SECONDS,
                command_timeout=STATEMENT_SECONDS,
            )
            # JSON from the database is passed on as bytes, without decoding it to text and encoding it again.
            await connection.set_type_codec(
                "json", schema="pg_catalog", encoder=str.encode, decoder=bytes, format="binary"
            )
            return connection

        return cls(Connections(connect, settings.db_connections), url, settings)

    def session(self, account_id: UUID | None, association: UUID | None = None) -> AsyncSession:
        """Return a session that takes on this account's identity (None: a visitor's) when its transaction begins.

        association: the one that a member of several acts for. Acts check that the caller works there.
        """
        return self._session_on(self._engine, account_id, association)

    def reading_session(self, account_id: UUID | None, association: UUID | None = None) -> AsyncSession:
        """Return what `session` returns, in which Postgres refuses to write."""
        return self._session_on(self._reading, account_id, association)

    def _session_on(self, engine: AsyncEngine, account_id: UUID | None, association: UUID | None) -> AsyncSession:
        info = {"account_id": account_id, "association": association, "second_factor": self._second_factor}
        return AsyncSession(engine, expire_on_commit=False, sync_session_class=_CallersSession, info=info)

    def act_session(self) -> AsyncSession:
        """Return a session as the login itself: the API's may call acts and read no table."""
        return AsyncSession(self._engine, expire_on_commit=False, sync_session_class=_ActsSession)

    async def ready(self) -> str | None:
        """Return why requests cannot be served, or None if the database is reachable and its migrations current."""
        try:
            async with asyncio.timeout(READY_SECONDS), self._connections.one() as connection:
                stands = await connection.fetchval("select version_num from app.alembic_version")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            return "the database cannot be reached"
        if stands != newest_migration():
            return "the migrations are not current"
        return None

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
        await self._connections.close()


def _server_settings() -> dict[str, str]:
    """Return the settings that a connection begins with: those that PgBouncer accepts. policies/roles.sql has more."""
    return {"application_name": "ecopanier", "timezone": "UTC"}


# Sent past SQLAlchemy's compiler, because every transaction begins with one of them.
_VISITOR = "select set_config('role', 'anon', true)"
_IDENTITY = (
    "select app.standing($1), app.admin_lacks_factor($1, $2::text::jsonb, $3),"
    " set_config('request.jwt.claims', $2, true), set_config('app.request_id', $4, true),"
    " set_config('app.association', $5, true),"
    " set_config('app.second_factor', $3, true), set_config('role', 'authenticated', true)"
)
_REQUEST = text("select set_config('app.request_id', :request, true)")


def _become(session: Session, transaction: SessionTransaction, connection: Begun) -> None:
    """Set the caller's identity when a transaction begins, and look up their current role.

    The settings are local to the transaction, so a connection carries no identity once it is back in the pool.
    """
    if transaction.nested:
        return  # a savepoint: its outer transaction has the identity already
    account_id: UUID | None = session.info["account_id"]
    if account_id is None:
        connection.exec_driver_sql(_VISITOR)
        _keep_driver(session, transaction, connection)
        return
    standing, lacks_factor, *_ = connection.exec_driver_sql(
        _IDENTITY,
        (
            account_id,
            json.dumps(_claims(account_id)),
            session.info["second_factor"],
            request_id.get() or "",
            str(session.info["association"] or ""),
        ),
    ).one()
    if standing is None:
        raise NotSignedIn
    if standing == "suspended":
        raise AccountSuspended
    if lacks_factor:
        raise SecondFactorRequired
    session.info["role"] = Role(standing)
    _keep_driver(session, transaction, connection)


def _keep_driver(session: Session, transaction: SessionTransaction, connection: Begun) -> None:
    """Let `plain_reads` find the driver's connection of a transaction that has its caller's identity."""
    session.info[DRIVER] = transaction, connection.connection.driver_connection


def _claims(account_id: UUID) -> dict[str, str]:
    """Return what the database is told about the caller, in the form of Supabase's claims.

    The sign-in counts only if it is the account's own: a session for somebody else than the request's caller, or of a
    job, has passed no second factor.
    """
    told = {"sub": str(account_id), "role": "authenticated"}
    claims = signed_in.get()
    if claims is not None and claims.account_id == account_id:
        if claims.session is not None:
            told["session_id"] = str(claims.session)
        if claims.assurance is not None:
            told["aal"] = claims.assurance
    return told


def _name_request(_session: Session, transaction: SessionTransaction, connection: Begun) -> None:
    """Set the request id for the audit log when a transaction begins. The worker's transactions have none."""
    if not transaction.nested and (request := request_id.get()) is not None:
        connection.execute(_REQUEST, {"request": request})


# Once for the class: a listener for each session would take longer than some of their statements.
event.listen(_CallersSession, "after_begin", _become)
event.listen(_ActsSession, "after_begin", _name_request)


async def database(request: Request) -> Database:
    """Return this process's database connections.

    Whoever asks for these begins transactions of their own and may wait for others: the page's shared one ends.
    """
    if (shared := _shared(request)) is not None:
        await shared.end()
    return _database(request)


def _database(request: Request) -> Database:
    return cast(Database, request.app.state.database)


def _shared(request: Request) -> SharedReads | None:
    return cast(SharedReads | None, request.scope.get(SHARED))


@asynccontextmanager
async def begun_as(request: Request, account_id: UUID | None, association: UUID | None) -> AsyncIterator[AsyncSession]:
    """Open a session as this caller for one request: the one that the page's reads share, if it is a page's.

    For dependencies that have found out who calls.
    """
    opened, shared = _database(request), _shared(request)
    if shared is not None and not shared.lent:
        async with shared.lend(opened.reading_session, account_id, association) as session:
            yield session
        return
    async with opened.session(account_id, association) as session, session.begin():
        yield session


async def _acts(request: Request) -> Acts:
    return _database(request).acts


async def _session(request: Request, account_id: CallerOrNobody) -> AsyncIterator[AsyncSession]:
    async with begun_as(request, account_id, None) as session:
        yield session


ActsDep = Annotated[Acts, Depends(_acts)]
DatabaseDep = Annotated[Database, Depends(database)]
"""The database, for work in several transactions, such as with a call to Stripe in between."""

# With FastAPI's default scope, the answer is sent before the commit: a failing commit would still answer 201.
SessionDep = Annotated[AsyncSession, Depends(_session, scope="function")]
"""A session as the caller, or as a visitor: for reads that do not require signing in."""


Workplace = Literal["shop", "association", "association_staff", "either"]
_WORKS_AT = {
    "shop": text("select exists (select from app.shops_of(app.caller(), 'reader'))"),
    "association": text("select exists (select from app.associations_of(app.caller(), 'reader'))"),
    "association_staff": text("select exists (select from app.associations_of(app.caller(), 'staff'))"),
    "either": text(
        "select exists (select from app.shops_of(app.caller(), 'reader'))"
        " or exists (select from app.associations_of(app.caller(), 'reader'))"
    ),
}


async def require_role(session: AsyncSession, *roles: Role, or_member_of: Workplace | None = None) -> None:
    """Raise NotAllowed unless the caller has one of these roles, or works for a shop or an association.

    Members may have any role but admin. What they may do where they work is checked by policies and acts.
    """
    await session.connection()
    role = role_in(session)
    if role in roles:
        return
    if or_member_of is None or role is Role.ADMIN or not await session.scalar(_WORKS_AT[or_member_of]):
        raise NotAllowed


ActingFor = Annotated[
    UUID | None,
    Query(
        description="The association that you act for; needed if you work for several.",
        examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9a12"],
    ),
]


def signed_in_as(*roles: Role, or_member_of: Workplace | None = None, names_association: bool = False) -> Any:
    """Return the dependency that opens a session for a signed-in caller with one of these roles (none named: any).

    names_association: whether the caller may name the association that they act for, as members of associations do.
    The dependency raises NotSignedIn, AccountSuspended, and NotAllowed as `require_role` does.
    """

    async def session_as(
        request: Request, _documented: Annotated[str | None, Depends(documented_sign_in)] = None
    ) -> AsyncIterator[AsyncSession]:
        async with opened(request, None) as session:
            yield session

    async def session_for(
        request: Request,
        association: ActingFor = None,
        _documented: Annotated[str | None, Depends(documented_sign_in)] = None,
    ) -> AsyncIterator[AsyncSession]:
        async with opened(request, association) as session:
            yield session

    @asynccontextmanager
    async def opened(request: Request, association: UUID | None) -> AsyncIterator[AsyncSession]:
        account_id = await caller_or_nobody(request)
        if account_id is None:
            raise NotSignedIn
        async with begun_as(request, account_id, association) as session:
            await session.connection()
            if roles:
                await require_role(session, *roles, or_member_of=or_member_of)
            yield session

    of_associations = names_association or or_member_of in ("association", "association_staff")
    return Depends(session_for if of_associations else session_as, scope="function")


SignedIn = Annotated[AsyncSession, signed_in_as()]
AsMerchant = Annotated[AsyncSession, signed_in_as(Role.MERCHANT)]
AsShopMember = Annotated[AsyncSession, signed_in_as(Role.MERCHANT, or_member_of="shop")]
"""A session of a person who works for a shop, whatever their account's role. Policies and acts check which shop."""
AsAdmin = Annotated[AsyncSession, signed_in_as(Role.ADMIN)]
AsAssociation = Annotated[AsyncSession, signed_in_as(Role.ASSOCIATION, or_member_of="association_staff")]
"""A session of an owner or staff of an association, whatever their account's role. The acts check which one."""
AsAssociationMember = Annotated[AsyncSession, signed_in_as(Role.ASSOCIATION, or_member_of="association")]
"""The same for its readers too."""
AsEnroller = Annotated[AsyncSession, signed_in_as(Role.ASSOCIATION, Role.ADMIN, or_member_of="association_staff")]


def caller_in(session: AsyncSession) -> UUID:
    """Return the account id that a session was opened for."""
    return cast(UUID, session.sync_session.info["account_id"])


def role_in(session: AsyncSession) -> Role:
    """Return the caller's role, which the database looked up when the transaction began."""
    return cast(Role, session.sync_session.info["role"])


async def call(session: AsyncSession, act: str, **values: Any) -> Any:
    """Call a definer function as the session's caller and return its one value."""
    return (await session.execute(_calling("", act, *values), values)).scalar_one()


async def call_row(session: AsyncSession, act: str, **values: Any) -> Sequence[Any]:
    """Call a definer function as the session's caller and return its row."""
    return (await session.execute(_calling("* from ", act, *values), values)).one()


@cache
def _calling(columns: str, act: str, *names: str) -> TextClause:
    # All of these are names from our own code, never from a request: nothing to inject.
    return text(f"select {columns}app.{act}({', '.join(f'{name} => :{name}' for name in names)})")
