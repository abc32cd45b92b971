"""Queries of SQLAlchemy that are compiled once and then read through asyncpg, as `plain_reads` reads text."""

from dataclasses import dataclass
from typing import Any, Self

import asyncpg
from sqlalchemy import Select, make_url
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.plain_reads import row_of

_DIALECT = make_url("postgresql+asyncpg://").get_dialect()()


@dataclass(frozen=True)
class CompiledRead:
    """A query as the text that asyncpg takes. names: those of its values in order; constants: the values it brings."""

    text: str
    names: tuple[str, ...]
    constants: dict[str, Any]

    @classmethod
    def of(cls, query: Select[*tuple[Any, ...]]) -> Self:
        """Return a query, compiled."""
        compiled = query.compile(dialect=_DIALECT)
        return cls(str(compiled), tuple(compiled.positiontup or ()), dict(compiled.params))

    async def row(self, session: AsyncSession, **values: Any) -> asyncpg.Record | None:
        """Return the first row; None without one. values: of the parameters of `bindparam`. Raises as `row_of`.

        What the session has not flushed is flushed first.
        """
        if session.new or session.dirty or session.deleted:
            await session.flush()
        given = {**self.constants, **values}
        return await row_of(session, self.text, *[given[name] for name in self.names])
