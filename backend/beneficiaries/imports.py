"""Enrol people from a spreadsheet, some hundred at a time, each batch in a transaction of its own.

What is done therefore stays done if a process dies, others can see the progress, and no lock is held for long. Sending
the same file again finishes an interrupted import: it reports the people who are already enrolled as such.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, BinaryIO
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import to_json
from starlette.responses import Response

from backend.beneficiaries import csv_reader
from backend.beneficiaries.actions import NOT_ENROLLED, Enrolment, enrol_together, today
from backend.beneficiaries.csv_encoding import NotASheet
from backend.beneficiaries.csv_reader import Row, Sheet
from backend.beneficiaries.problems import BornInTheFuture, FileNotCsv, ImportColumnsWrong, ImportTooLong
from backend.beneficiaries.schemas import BeneficiaryIn
from backend.database.sessions import Database, call, require_role
from backend.http.error_handlers import field_errors
from backend.http.idempotency import Once
from backend.identity.tokens import Role
from backend.problems.problem import FieldError, Problem, problem_texts
from backend.problems.texts import Language, field_text

AT_ONCE = 500  # people in one transaction, which takes some tenths of a second
MOST_LINES = 100_000  # the number of beneficiary codes of a year
OPTIONAL = {"household_size", "email", "phone"}  # a cell of these that cannot be read does not refuse its person
ENROLLERS = (Role.ASSOCIATION, Role.ADMIN)


@dataclass
class _Progress:
    """The results of an import so far: counts, and the outcome of each line as JSON."""

    enrolled: int = 0
    already_enrolled: int = 0
    refused: int = 0
    outcomes: list[bytes] = field(default_factory=list)

    def add(self, told: Sequence[dict[str, Any]]) -> dict[str, int]:
        """Add these outcomes, and return how many of each kind they are."""
        counts = {"enrolled": 0, "already_enrolled": 0, "refused": 0}
        for one in told:
            counts[one["outcome"]] += 1
        self.enrolled += counts["enrolled"]
        self.already_enrolled += counts["already_enrolled"]
        self.refused += counts["refused"]
        self.outcomes.append(to_json(told)[1:-1])
        return counts

    def answer(self, import_id: UUID) -> str:
        """Return the whole answer as JSON, joined by hand: a model of so many outcomes would delay other requests."""
        summary = to_json(
            {
                "import_id": import_id,
                "lines": self.enrolled + self.already_enrolled + self.refused,
                "enrolled": self.enrolled,
                "already_enrolled": self.already_enrolled,
                "refused": self.refused,
            }
        )
        return (summary[:-1] + b',"outcomes":[' + b",".join(self.outcomes) + b"]}").decode()


async def import_people(
    database: Database,
    account_id: UUID,
    association: UUID | None,
    file: BinaryIO,
    charset: str | None,
    language: Language,
    once: Once,
) -> Response:
    """Enrol everybody in a file and answer with one outcome a line. The file is read in batches, never whole.

    association: the one that the caller acts for; None if it is their only one. charset: the one that the sender
    declared. Raises NotAllowed, FileNotCsv, ImportColumnsWrong, ImportTooLong.
    """
    async with database.session(account_id, association) as session, session.begin():
        await require_role(session, *ENROLLERS, or_member_of="association_staff")
        answered = await once.claim(session)
    if answered:
        return answered
    try:
        sheet, lines = await asyncio.to_thread(_looked_through, file, charset, language)
        async with database.session(account_id, association) as session, session.begin():
            import_id: UUID = await call(session, "begin_import", lines=lines)
            day = await today(session)
        try:
            return await _enrol(
                database, account_id, association, import_id, csv_reader.rows(file, sheet), day, language, once
            )
        except BaseException:
            async with database.session(account_id, association) as session, session.begin():
                await call(session, "end_import", import_id=import_id, how="failed")
            raise
    except BaseException:
        async with database.session(account_id, association) as session, session.begin():
            await once.release(session)
        raise


def _looked_through(file: BinaryIO, charset: str | None, language: Language) -> tuple[Sheet, int]:
    try:
        sheet = csv_reader.sheet_of(file, charset)
        return sheet, csv_reader.most_rows(file, sheet, MOST_LINES)
    except NotASheet:
        raise FileNotCsv from None
    except csv_reader.TooManyLines:
        raise ImportTooLong from None
    except csv_reader.ColumnsWrong as wrong:
        errors = [FieldError(field=w, code=kind, message=field_text(kind, language)) for w, kind in wrong.mistakes]
        raise ImportColumnsWrong(errors=errors) from None


async def _enrol(
    database: Database,
    account_id: UUID,
    association: UUID | None,
    import_id: UUID,
    rows: Iterator[Row],
    day: date,
    language: Language,
    once: Once,
) -> Response:
    progress = _Progress()
    while batch := await asyncio.to_thread(_next_lines, rows, day, language):
        persons = [read.person for read in batch if read.person is not None]
        async with database.session(account_id, association) as session, session.begin():
            enrolments = iter(await enrol_together(session, persons) if persons else [])
            told = [_told(read, next(enrolments) if read.person is not None else None, language) for read in batch]
            counts = progress.add(told)
            await call(
                session,
                "import_goes_on",
                import_id=import_id,
                enrolled=counts["enrolled"],
                already_enrolled=counts["already_enrolled"],
                refused=counts["refused"],
            )
            await once.hold(session)
    answer = await asyncio.to_thread(progress.answer, import_id)
    async with database.session(account_id, association) as session, session.begin():
        await call(session, "end_import", import_id=import_id, how="done")
        return await once.keep_json(session, answer, 200)


@dataclass(frozen=True)
class _Read:
    line: int
    person: BeneficiaryIn | None
    errors: Sequence[FieldError] = ()
    warnings: Sequence[FieldError] = ()


def _next_lines(rows: Iterator[Row], day: date, language: Language) -> list[_Read]:
    """Read and check the next batch of lines. day: today. Runs in a thread."""
    return [_read(row, day, language) for row in islice(rows, AT_ONCE)]


def _read(row: Row, day: date, language: Language) -> _Read:
    """Return the person in a line, checked as `POST /beneficiaries` checks them, and what is wrong with the line.

    An optional cell that cannot be read is left out with a warning.
    """
    wrong = dict(row.mistakes)
    values: dict[str, Any] = {}
    for name, cell in row.cells.items():
        value: Any = cell
        if name in ("birth_date", "eligible_until"):
            value = csv_reader.day_in(cell)
        elif name == "household_size":
            value = csv_reader.number_in(cell)
        if isinstance(value, str) and value is not cell:
            wrong.setdefault(name, value)
        elif name not in wrong:
            values[name] = value
    found = [FieldError(field=name, code=kind, message=field_text(kind, language)) for name, kind in wrong.items()]
    person = None
    if "line" not in wrong:
        person, invalid = _checked(values, language)
        unreadable = {error.field for error in invalid}
        if person is None and unreadable <= OPTIONAL:
            person, _ = _checked({name: value for name, value in values.items() if name not in unreadable}, language)
        found += [error for error in invalid if error.field not in wrong]
    if person is not None and person.birth_date > day:
        found.append(_refusal("birth_date", BornInTheFuture, language))
    errors = [error for error in found if error.field not in OPTIONAL]
    warnings = [error for error in found if error.field in OPTIONAL]
    return _Read(row.line, None if errors else person, errors, warnings)


def _checked(values: dict[str, Any], language: Language) -> tuple[BeneficiaryIn | None, list[FieldError]]:
    """Return the person with these values, or None and what is wrong with them."""
    try:
        return BeneficiaryIn.model_validate(values), []
    except ValidationError as invalid:
        return None, field_errors(invalid.errors(include_url=False, include_input=False), language)


def _told(read: _Read, enrolment: Enrolment | None, language: Language) -> dict[str, Any]:
    """Return the outcome of a line: ids, codes and fixed texts, but nothing that the line contained."""
    told: dict[str, Any] = {"line": read.line, "outcome": "refused"}
    if enrolment is None:
        told["errors"] = [error.model_dump() for error in read.errors]
    elif enrolment.outcome == "enrolled" or enrolment.outcome == "already":
        told["outcome"] = "enrolled" if enrolment.outcome == "enrolled" else "already_enrolled"
        known = {"id": enrolment.id, "code": enrolment.code, "activation_token": enrolment.activation_token}
        told |= {name: value for name, value in known.items() if value}
    else:
        where = "eligible_until" if enrolment.outcome in ("past", "too_long") else "line"
        told["errors"] = [_refusal(where, NOT_ENROLLED[enrolment.outcome], language).model_dump()]
    if read.warnings:
        told["warnings"] = [warning.model_dump() for warning in read.warnings]
    return told


def _refusal(where: str, problem: type[Problem], language: Language) -> FieldError:
    return FieldError(field=where, code=problem.code, message=problem_texts(problem, language)[1])
