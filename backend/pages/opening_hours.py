"""The form of opening hours: two openings a day, as shops and associations give them."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.pages.forms import Form

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OPENINGS = 2
"""Openings a day that the form has fields for; a day with more keeps all of them there."""
MIDNIGHT = "24:00"


def hours_typed(form: Form, known: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Return the opening hours that were typed. known: those kept so far."""
    return {day: _openings(form, day) + list(known[day][OPENINGS:]) for day in WEEK}


def _openings(form: Form, day: str) -> list[dict[str, str]]:
    found = []
    for number in range(OPENINGS):
        opens, closes = form.value(f"{day}-{number}-opens"), form.value(f"{day}-{number}-closes")
        if opens or closes:
            found.append({"opens": opens, "closes": MIDNIGHT if closes == "00:00" else closes})
    return found


def hours_overtaken(
    form: Form, problem: str, typed: Mapping[str, Sequence[Mapping[str, str]]], known: Mapping[str, Any]
) -> Form:
    """Return the form after somebody else changed the hours, with the days that differ from what was typed."""
    ours = {day: _told(typed[day]) for day in WEEK}
    return Form({**form.typed, **ours}, key=form.key).overtaken(problem, {day: _told(known[day]) for day in WEEK})


def _told(openings: Sequence[Mapping[str, str]]) -> str:
    return ", ".join(f"{one['opens']} – {one['closes']}" for one in openings)


def hours_shown(form: Form, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form begins with: the hours kept so far, unless something was typed."""
    values = {}
    for day in WEEK if not form.typed else ():
        for number, one in enumerate(known[day][:OPENINGS]):
            values[f"{day}-{number}-opens"] = one["opens"]
            values[f"{day}-{number}-closes"] = "00:00" if one["closes"] == MIDNIGHT else one["closes"]
    return {"values": values, "week": WEEK, "openings": range(OPENINGS)}
