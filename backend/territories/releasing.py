"""Publish the figures of territories: each day and each month once it is over, and corrections.

What may be told is decided by `disclosure.py`, three times over, because rule 11 holds for each figure by itself:
- the cells: quantities, and in a month also value and people;
- how many portions merchants gave, for which those who got them and those who paid are two groups, each of which must
  be large enough;
- the two parts of a month's value, which are about those who paid.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend.database.acts import Acts
from backend.job_context import Work
from backend.territories.disclosure import Cell, Element, Level, Place, candidate_cells, released

MOST_AT_ONCE = 62  # days and months; what is left is published by the next run


@dataclass(frozen=True)
class Decided:
    """The cells of one day or month, and what is told of them."""

    candidates: list[Cell]
    told: frozenset[Cell]
    given_told: frozenset[Cell]
    parts_told: frozenset[Cell]


async def release_figures(work: Work) -> None:
    """Publish what is over and not published yet, oldest first, up to 62 days and months."""
    for _ in range(MOST_AT_ONCE):
        due = await work.acts.row("release_due")
        if due is None:
            return
        await _release(work.acts, due["kind"], due["first_day"], due["last_day"])


async def correct_figures(acts: Acts, why: str) -> list[tuple[str, date]]:
    """Publish corrections of the figures that differ from what their entries say. Return the corrected periods.

    A figure that was wrong is told anew only if enough stand behind what changed. Otherwise the difference of both
    releases would tell about them, so it is suppressed.
    """
    changed: dict[int, list[Any]] = {}
    for row in await acts.rows("changed_figures"):
        changed.setdefault(row["release_id"], []).append(row)
    for release, rows in changed.items():
        differing = {(row["day"], row["shop_id"], row["category"]) for row in rows}
        await _release(acts, rows[0]["kind"], rows[0]["first_day"], rows[0]["last_day"], release, why, differing)
    if changed:
        await acts.row("rebuild_figures", since=None, published_too=True)
    return [(rows[0]["kind"], rows[0]["first_day"]) for rows in changed.values()]


async def _release(
    acts: Acts,
    kind: str,
    first_day: date,
    last_day: date,
    corrects: int | None = None,
    why: str | None = None,
    differing: Iterable[tuple[date, Any, str]] = (),
) -> None:
    anew = corrects is not None
    rows = [dict(row) for row in await acts.rows("release_elements", since=first_day, until=last_day, anew=anew)]
    before = [
        dict(row) for row in await acts.rows("published_cells", since=first_day, until=last_day, without=corrects)
    ]
    earlier = None
    if anew:
        ever = await acts.rows("published_cells", since=first_day, until=last_day, without=None)
        earlier = [dict(row) for row in ever if (row["first_day"], row["last_day"]) == (first_day, last_day)]
    decided = await asyncio.to_thread(decide, kind, first_day, last_day, rows, before, frozenset(differing), earlier)
    await acts.value(
        "publish_release",
        wanted_kind=kind,
        since=first_day,
        until=last_day,
        codes=[cell.code for cell in decided.candidates],
        categories=[cell.category or "" for cell in decided.candidates],
        told=[cell in decided.told for cell in decided.candidates],
        given_told=[cell in decided.given_told for cell in decided.candidates],
        parts_told=[cell in decided.parts_told for cell in decided.candidates],
        corrected=corrects,
        reason=why,
    )


def decide(
    kind: str,
    first_day: date,
    last_day: date,
    rows: Sequence[Mapping[str, Any]],
    before: Sequence[Mapping[str, Any]],
    differing: frozenset[tuple[date, Any, str]] = frozenset(),
    earlier: Sequence[Mapping[str, Any]] | None = None,
) -> Decided:
    """Return which figures of a day or month are told.

    rows: what release_elements returns; before: what published_cells does. differing: the day, shop and category of
    what changed since it was published. earlier: for a correction, what was ever told of this period. Nothing else may
    be told by it, because whoever kept the first release could subtract.
    """
    with_value = kind == "month"
    elements = [element for row in rows for element in _elements(row, with_value)]
    candidates = sorted(
        candidate_cells(elements, first_day, last_day), key=lambda cell: (cell.level, cell.code, cell.category or "")
    )
    told = frozenset(released(elements, candidates, _cells(before, lambda _: True)).published)
    if earlier is not None:
        told &= _cells_of(earlier)
    if differing:
        rows_changed = [row for row in rows if (row["day"], row["shop_id"], row["category"]) in differing]
        changed = [element for row in rows_changed for element in _elements(row, with_value)]
        touched = {cell for cell in candidates if any(_contains(cell, one) for one in changed)}
        safe = released(changed, touched, daily_totals_told=False).published
        # What is no longer in any entry stands behind no figure any more, but was in one.
        gone = len(differing) > len(rows_changed)
        told = told - touched if gone else told - (touched - set(safe))
    given_before = _cells(before, lambda row: bool(row["given"]))
    given_told = told
    for amounts, known in (("given_grams", ("known", "funded")), ("sold_grams", ("known",))):
        some = _part(rows, amounts, known)
        given_told &= frozenset(released(some, given_told, given_before, daily_totals_told=False).published)
    if earlier is not None:
        given_told &= _cells_of(earlier, "given")
    parts_told = frozenset[Cell]()
    if with_value:
        # `GET /v1/impact` tells what was paid on each day in all of France.
        paid = _part(rows, "recovered_cents", ("known",))
        parts_told = frozenset(released(paid, told, _cells(before, lambda row: bool(row["parts"]))).published)
        parts_told = parts_told if earlier is None else parts_told & _cells_of(earlier, "parts")
    return Decided(candidates, told, given_told, parts_told)


def _elements(row: Mapping[str, Any], with_value: bool) -> list[Element]:
    """Return what a shop did on a day in a category: apart what it gave, if a fund's statements tell that of it."""
    taken = _amounts(row, "grams", "cents", with_value)
    collected = (row["donated_grams"], row["donated_cents"]) if with_value else (row["donated_grams"],)
    given = _amounts(row, "given_grams", "given_cents", with_value)
    if row["known"] or not row["funded"] or not any(amounts[0] for amounts in given.values()):
        return [_element(row, taken, collected, row["known"])]
    rest = {
        person: tuple(amount - part for amount, part in zip(amounts, given[person], strict=True))
        for person, amounts in taken.items()
    }
    given, rest = ({person: some for person, some in each.items() if some[0]} for each in (given, rest))
    elements = [_element(row, given, (), True)]
    if rest or any(collected):
        elements.append(_element(row, rest, collected, False))
    return elements


def _amounts(row: Mapping[str, Any], grams: str, cents: str, with_value: bool) -> dict[int, tuple[int, ...]]:
    columns = (row[grams], row[cents]) if with_value else (row[grams],)
    return dict(zip(row["people"], zip(*columns, strict=True), strict=True))


def _element(
    row: Mapping[str, Any], people: Mapping[int, tuple[int, ...]], collected: tuple[int, ...], known: bool
) -> Element:
    return Element(
        place=_place(row),
        day=row["day"],
        category=row["category"],
        merchant=int(row["siren"]),
        people=people,
        collected=collected,
        known=known,
    )


def _part(rows: Sequence[Mapping[str, Any]], amounts: str, known: Iterable[str]) -> list[Element]:
    """Return the elements of those to whom an amount belongs; without those of shops where there is nobody.

    known: the columns that say whether the amount of a shop is known from elsewhere.
    """
    found = []
    for row in rows:
        people = {person: (amount,) for person, amount in zip(row["people"], row[amounts], strict=True) if amount > 0}
        if people:
            told = any(row[column] for column in known)
            found.append(Element(_place(row), row["day"], row["category"], int(row["siren"]), people, known=told))
    return found


def _place(row: Mapping[str, Any]) -> Place:
    return Place(row["region"], row["department"], row["epci"], row["commune"], row["arrondissement"], row["zone"])


def _contains(cell: Cell, one: Element) -> bool:
    return (
        one.place.code(cell.level) == cell.code
        and cell.first_day <= one.day <= cell.last_day
        and cell.category in (None, one.category)
    )


def _cells(rows: Sequence[Mapping[str, Any]], chosen: Callable[[Mapping[str, Any]], bool]) -> list[Cell]:
    return [
        Cell(Level[row["level"].upper()], row["code"], row["first_day"], row["last_day"], row["category"] or None)
        for row in rows
        if chosen(row)
    ]


def _cells_of(rows: Sequence[Mapping[str, Any]], column: str | None = None) -> frozenset[Cell]:
    return frozenset(_cells(rows, lambda row: column is None or bool(row[column])))
