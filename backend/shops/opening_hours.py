"""Opening hours per weekday. They are stored as JSON; a CHECK of the table enforces the same form."""

from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from backend.http.schemas import In, Out

MOST_A_DAY = 6


class Open(In):
    """One opening, in the shop's time zone. Midnight at the end of the day is 24:00."""

    opens: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["07:00"])
    closes: str = Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", examples=["13:30"])


def _one_after_the_other(day: list[Open]) -> list[Open]:
    """Return a day's openings in order. Raises PydanticCustomError if one ends before it begins, or if two overlap."""
    if any(hours.closes < hours.opens for hours in day):
        raise PydanticCustomError("opening_hours_past_midnight", "Split an opening past midnight in two")
    if any(hours.closes == hours.opens for hours in day):
        raise PydanticCustomError("opening_hours_order", "It must close after it opens")
    ordered = sorted(day, key=lambda hours: hours.opens)
    if any(earlier.closes > later.opens for earlier, later in pairwise(ordered)):
        raise PydanticCustomError("opening_hours_overlap", "Openings of a day must not overlap")
    return ordered


Day = Annotated[list[Open], Field(max_length=MOST_A_DAY), AfterValidator(_one_after_the_other)]


class OpeningHours(In):
    """Openings per weekday. On days that are left out the shop is closed. Split an opening past midnight in two."""

    monday: Day = Field(default_factory=list)
    tuesday: Day = Field(default_factory=list)
    wednesday: Day = Field(default_factory=list)
    thursday: Day = Field(default_factory=list)
    friday: Day = Field(default_factory=list)
    saturday: Day = Field(default_factory=list)
    sunday: Day = Field(default_factory=list)


def stored_hours(hours: OpeningHours) -> dict[str, Any]:
    """Return the opening hours to store: only the days with openings."""
    return hours.model_dump(exclude_defaults=True)


class OpenOut(Out):
    """One opening, in the shop's time zone."""

    opens: str = Field(examples=["07:00"])
    closes: str = Field(examples=["13:30"])


class OpeningHoursOut(Out):
    """Openings per weekday. On days with an empty list the shop is closed."""

    monday: list[OpenOut] = Field(default_factory=list)
    tuesday: list[OpenOut] = Field(default_factory=list)
    wednesday: list[OpenOut] = Field(default_factory=list)
    thursday: list[OpenOut] = Field(default_factory=list)
    friday: list[OpenOut] = Field(default_factory=list)
    saturday: list[OpenOut] = Field(default_factory=list)
    sunday: list[OpenOut] = Field(default_factory=list)
