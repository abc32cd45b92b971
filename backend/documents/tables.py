"""Statements and yearly copies as tables for a spreadsheet, from the same frozen contents as their PDF."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from backend.documents.contents import LotTotal, StatementContents, YearContents
from backend.documents.papers import day
from backend.files.csv_writer import Cell, csv_of

STATEMENT = ("Quoi", "Lot", "Le", "Ventes TTC (€)", "Commission HT (€)", "TVA (€)", "Net (€)")
YEAR = ("Trimestre", "Ventes", "Montants versés (€)", "Commission TTC (€)")
MOVED = {"transfer": "Virement", "reversal": "Reprise"}


def csv_table(kind: str, contents: dict[str, Any]) -> bytes:
    """Return a statement or a yearly copy as CSV."""
    if kind == "statement":
        return csv_of(STATEMENT, _statement_rows(StatementContents.model_validate(contents)))
    year = YearContents.model_validate(contents)
    return csv_of(
        YEAR,
        (
            (at, quarter.sales, _euros(quarter.consideration_cents), _euros(quarter.fees_cents))
            for at, quarter in enumerate(year.quarters, 1)
        ),
    )


def _statement_rows(statement: StatementContents) -> Iterator[tuple[Cell, ...]]:
    yield _sum("Solde au début", statement.first_day, statement.opening_cents)
    for lot in statement.lots:
        yield _lot("Lot clos", lot)
    for correction in statement.corrections:
        yield _lot("Correction", correction)
    if statement.rounding_cents:
        yield _sum("Arrondi de la TVA", statement.last_day, statement.rounding_cents)
    for moved in statement.movements:
        yield _sum(MOVED.get(moved.kind, "Autre mouvement"), moved.on, moved.cents)
    yield _sum("Solde à la fin", statement.last_day, statement.closing_cents)


def _lot(what: str, lot: LotTotal) -> tuple[Cell, ...]:
    amounts = (lot.gross_cents, lot.commission_cents, lot.vat_cents, lot.net_cents)
    return (what, lot.title, day(lot.on), *(_euros(cents) for cents in amounts))


def _sum(what: str, on: date, cents: int) -> tuple[Cell, ...]:
    return (what, None, day(on), None, None, None, _euros(cents))


def _euros(cents: int) -> Decimal:
    return Decimal(cents) / 100
