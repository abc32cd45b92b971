"""`ecopanier as`: run one SQL statement as somebody, through the API's own sessions, under row-level security."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.database.safety import UnsafeDatabase
from backend.database.sessions import STATEMENT_SECONDS, AccountSuspended, Database, SecondFactorRequired
from backend.problems.problem import problem_of_constraint, problem_texts, problem_with_code
from backend.settings import Settings

NOBODY = "anon"


class NotDone(Exception):
    """Raised when the statement could not be run. The message says why."""


class Refused(Exception):
    """Raised when the database refused the statement. Nothing was changed; `refusal_text` says why."""

    def __init__(self, error: asyncpg.PostgresError) -> None:
        self.error = error
        super().__init__(str(error))


@dataclass(frozen=True)
class Answer:
    """The result of a statement: the columns and rows that it returned, or how many rows it changed."""

    role: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    changed: int


async def account_called(name: str, owner_url: str) -> UUID:
    """Return the id of the account with an e-mail address or beneficiary code. Raises NotDone if there is none.

    Uses the owner's login: the API's login may not look people up, and gets no such right for this command.
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
        raise NotDone(f"Nobody signs in as {name}: no account has this e-mail address or beneficiary code.")
    return found


async def ask_as(account: UUID | None, statement: str, settings: Settings, api_url: str, *, commit: bool) -> Answer:
    """Run one statement as this account (None: as a visitor) in one transaction, rolled back unless `commit`.

    api_url: the API's login. Raises NotDone, Refused.
    """
    try:
        database = await Database.open(api_url, settings)
    except UnsafeDatabase as refusal:
        raise NotDone(f"Refused: {refusal}.") from None
    try:
        async with database.session(account) as session:
            connection = await session.connection()
            await session.execute(text("set local search_path = app"))  # so that one can write `from lots`
            # The driver prepares it, which allows one statement only: `…; commit` cannot slip through.
            done = await connection.exec_driver_sql(statement)
            columns, rows = (list(done.keys()), done.all()) if done.returns_rows else ([], [])
            answer = Answer(session.sync_session.info.get("role", NOBODY), columns, rows, done.rowcount)
            await (session.commit() if commit else session.rollback())
            return answer
    except AccountSuspended:
        raise NotDone("This account is suspended, so the API refuses it and nothing was run.") from None
    except SecondFactorRequired:
        raise NotDone(
            "Admins work only after their second factor here (ECOPANIER_SECOND_FACTOR), and this command has none; "
            "nothing was run."
        ) from None
    except DBAPIError as error:
        cause = error.orig.__cause__ if error.orig is not None else None
        if isinstance(cause, asyncpg.PostgresError):
            raise Refused(cause) from None
        raise NotDone(str(error.orig)) from None
    except TimeoutError:
        raise NotDone(f"The statement was stopped after {STATEMENT_SECONDS} s; nothing was changed.") from None
    finally:
        await database.close()


def refusal_text(refusal: Refused) -> str:
    """Return the reason in one line. Our own problems have texts only once their modules have been imported."""
    error = refusal.error
    state, message = error.sqlstate or "", str(error.message)
    problem = (
        problem_with_code(message, 400, {}) if state.startswith("EP") else problem_of_constraint(error.constraint_name)
    )
    if problem is not None:
        return f"Refused ({problem.code}): {problem_texts(type(problem), 'en')[1]}"
    if state == "42501" and message.startswith("permission denied for table"):
        return (
            f"Refused: {message}. Nobody may read some columns, so `select *` fails: name the columns you want. "
            "Or this person may not use the table at all."
        )
    if "multiple commands" in message:
        return "One statement at a time, please."
    return f"Refused: {message}." + (f" {error.hint}" if error.hint else "")
