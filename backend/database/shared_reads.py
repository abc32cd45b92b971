"""One transaction for all that one page reads, as its one caller.

A page calls the API several times within this process. A transaction of its own for each call would cost three round
trips and a look-up of the caller each time. The shared one is read-only: Postgres refuses a write in it, so that no
call can undo what another one wrote. Such a call is repeated in a transaction of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.callers import signed_in
from backend.problems.common import TryAgain

SHARED: Final = "ecopanier.shared_reads"
"""The key of the scope with the shared transaction. Only our own pages can set it: a request from outside has none."""
READ_ONLY: Final = "25006"


class WriteRefused(TryAgain):
    """Raised when a call that shares a transaction tried to write. Only our own pages see it, which repeat the call."""

    status = 409


Open = Callable[[UUID | None, UUID | None], AsyncSession]


class SharedReads:
    """The transaction that the calls of one page share. It ends before anything else than the database is waited for.

    lent: whether a call uses it at the moment; another call at the same time gets a transaction of its own.
    wrote: whether the last call tried to write, which it must repeat without sharing.
    """

    def __init__(self) -> None:
        self.lent = False
        self.wrote = False
        self._session: AsyncSession | None = None
        self._whose: object = None

    @asynccontextmanager
    async def lend(self, open_: Open, account_id: UUID | None, association: UUID | None) -> AsyncIterator[AsyncSession]:
        """Lend the session to one call of this caller. For another caller or association, begin a new transaction.

        Raises WriteRefused if the call tried to write.
        """
        whose = account_id, association, signed_in.get()
        self.lent = True
        try:
            if whose != self._whose:
                await self._close()
            if self._session is None:
                self._session, self._whose = open_(account_id, association), whose
            yield self._session
            await self._session.flush()
            self._session.expunge_all()  # the next call reads anew
        except BaseException as error:
            await self._close()
            refused = error.orig if isinstance(error, DBAPIError) else error  # `plain_reads` raise asyncpg's own
            if getattr(refused, "sqlstate", None) == READ_ONLY:
                self.wrote = True
                raise WriteRefused from None
            raise
        finally:
            self.lent = False

    async def end(self) -> None:
        """End the transaction, unless a call uses it at the moment."""
        if not self.lent:
            await self._close()

    async def _close(self) -> None:
        session, self._session, self._whose = self._session, None, None
        if session is not None:
            # Even if the request is cancelled, the connection goes back to the pool without the caller's identity.
            await asyncio.shield(session.close())
