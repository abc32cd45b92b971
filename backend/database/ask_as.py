"""`ecopanier as`: one SQL statement as somebody, on the way that the API takes, under row-level security."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.database.safety import UnsafeDatabase
from backend.database.sessions import STATEMENT_SECONDS, AccountSuspended, Database
from backend.problems.problem import problem_of_constraint, problem_texts, problem_with_code
from backend.settings import Settings

NOBODY = "anon"


class NotDone(Exception):
    """The statement was not run; the text says why."""


class Refused(Exception):
    """The database refused the statement; nothing was changed. `in_words` says why."""

    def __init__(self, error: asyncpg.PostgresError) -> None:
        self.error = error
        super().__init__(str(error))


@dataclass(frozen=True)
class Answer:
    """What came back: columns and rows of what was selected; neither, but a count, where rows were changed."""

    role: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    changed: int


async def account_called(name: str, owner_url: str) -> UUID:
    """Look up an account by its e-mail address or beneficiary code. Raises NotDone when there is none.

    Over the login that migrates: the API's may not look anybody up, and must not learn how for our convenience.
    """
    owner = await asyncpg.connect(owner_url)
    try:
        async with owner.transaction(readonly=True):
            await owner.execute("set local role ecopanier_owner")
            found: UUID | None = await owner.fetchval(
                "select a.id from app.accounts a left join app.beneficiaries b on b.id = a.id"
                " where lower(a.email) = lower($1) or b.code = upper($1)",
                name,
            )
    finally:
        await owner.close()
    if found is None:
        raise NotDone(f"Nobody signs in as {name}: that is no e-mail address and no beneficiary code of an account.")
    return found


async def ask_as(account: UUID | None, statement: str, settings: Settings, api_url: str, *, commit: bool) -> Answer:
    """Run one statement as this account, or as nobody, in one transaction that is undone unless told otherwise.

    api_url: the login of the serving process. Raises NotDone, Refused.
    """
    try:
        database = await Database.open(api_url, settings)
    except UnsafeDatabase as refusal:
        raise NotDone(f"Refused: {refusal}.") from None
    try:
        async with database.session(account) as session:
            connection = await session.connection()
            await session.execute(text("set local search_path = app"))  # `from lots` is enough
            # Prepared by the driver, so one statement alone: no `…; commit` slips through.
            done = await connection.exec_driver_sql(statement)
            columns, rows = (list(done.keys()), done.all()) if done.returns_rows else ([], [])
            answer = Answer(session.sync_session.info.get("role", NOBODY), columns, rows, done.rowcount)
            await (session.commit() if commit else session.rollback())
            return answer
    except AccountSuspended:
        raise NotDone("This account is suspended: the API refuses it, and to the database it is nobody.") from None
    except DBAPIError as error:
        cause = error.orig.__cause__ if error.orig is not None else None
        if isinstance(cause, asyncpg.PostgresError):
            raise Refused(cause) from None
        raise NotDone(str(error.orig)) from None
    except TimeoutError:
        raise NotDone(f"Stopped after {STATEMENT_SECONDS} s; nothing was changed.") from None
    finally:
        await database.close()


def in_words(refusal: Refused) -> str:
    """Say why, in one line; our own problems have texts once they have been imported."""
    error = refusal.error
    state, message = error.sqlstate or "", str(error.message)
    problem = (
        problem_with_code(message, 400) if state.startswith("EP") else problem_of_constraint(error.constraint_name)
    )
    if problem is not None:
        return f"Refused ({problem.code}): {problem_texts(type(problem), 'en')[1]}"
    if state == "42501" and message.startswith("permission denied for table"):
        return f"Refused: {message}. Some columns are for nobody: name those you want, or they may not do this at all."
    if "multiple commands" in message:
        return "One statement at a time, please."
    return f"Refused: {message}." + (f" {error.hint}" if error.hint else "")
