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
    decided = await asyncio.to_thread(decide, kind, first_day, last_day, rows, before, frozenset(differing))
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
) -> Decided:
    """Return which figures of a day or month are told.

    rows: what release_elements returns; before: what published_cells does. differing: the day, shop and category of
    what changed since it was published.
    """
    with_value = kind == "month"
    elements = [_element(row, with_value) for row in rows]
    candidates = sorted(
        candidate_cells(elements, first_day, last_day), key=lambda cell: (cell.level, cell.code, cell.category or "")
    )
    told = frozenset(released(elements, candidates, _cells(before, lambda _: True)).published)
    if differing:
        changed = [
            _element(row, with_value) for row in rows if (row["day"], row["shop_id"], row["category"]) in differing
        ]
        touched = {cell for cell in candidates if any(_contains(cell, one) for one in changed)}
        safe = released(changed, touched, daily_totals_told=False).published
        # What is no longer in any entry stands behind no figure any more, but was in one.
        gone = len(differing) > len(changed)
        told = told - touched if gone else told - (touched - set(safe))
    given_before = _cells(before, lambda row: bool(row["given"]))
    given_told = told
    for amounts in ("given_grams", "sold_grams"):
        some = _part(rows, amounts)
        given_told &= frozenset(released(some, given_told, given_before, daily_totals_told=False).published)
    parts_told = frozenset[Cell]()
    if with_value:
        paid = _part(rows, "recovered_cents")
        parts_told = frozenset(released(paid, told, _cells(before, lambda row: bool(row["parts"]))).published)
    return Decided(candidates, told, given_told, parts_told)


def _element(row: Mapping[str, Any], with_value: bool) -> Element:
    amounts = zip(row["grams"], row["cents"], strict=True) if with_value else ((grams,) for grams in row["grams"])
    return Element(
        place=_place(row),
        day=row["day"],
        category=row["category"],
        merchant=int(row["siren"]),
        people=dict(zip(row["people"], amounts, strict=True)),
        collected=(row["donated_grams"], row["donated_cents"]) if with_value else (row["donated_grams"],),
        known=row["known"],
    )


def _part(rows: Sequence[Mapping[str, Any]], amounts: str) -> list[Element]:
    """Return the elements of those to whom an amount belongs; without those of shops where there is nobody."""
    found = []
    for row in rows:
        people = {person: (amount,) for person, amount in zip(row["people"], row[amounts], strict=True) if amount > 0}
        if people:
            found.append(
                Element(_place(row), row["day"], row["category"], int(row["siren"]), people, known=row["known"])
            )
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
