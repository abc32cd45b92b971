"""Forecast when the next collection at a point will be due. Pure.

Three methods are tried on the past, and the one whose predictions were least wrong is used:

- `reports`: since the last collection, somebody reported how full the containers are; they fill on at that rate.
- `rates`: grams fill at the median of the last five rates, until there is as much as is usually collected.
- `weekday`: the next of the weekdays on which at least a quarter of the last twelve collections took place.

The error is backtested: each past collection is predicted from what was known the day after the one before it (for
`reports`, on the day of the last report before it). The quantity is the median of the last five, backtested likewise.
Extrapolating from the last two collections alone would jump after one unusual week; a median of five does not.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import mean, median

FEWEST = 3  # collections before anything is said
LAST_RATES = 5
LAST_WEEKDAYS = 12
LEAST_BACKTESTS = 2
FARTHEST_DAYS = 60


@dataclass(frozen=True, slots=True)
class Past:
    """The known past of a point, oldest first. Grams are whole; a report is in percent of the capacity."""

    collections: Sequence[tuple[date, int]]
    reports: Sequence[tuple[date, int]]
    capacity_grams: int | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The day on which a collection will be due, its grams, the method, and their mean errors; all None: not known."""

    due_on: date | None
    grams: int | None
    method: str | None
    mean_error_days: float | None
    mean_error_grams: int | None


Method = Callable[[Past, date], date | None]


def forecast(past: Past, today: date) -> Forecast:
    """Return when the next collection will be due, today at the earliest."""
    tried = [
        (error, name, due)
        for name, method in METHODS.items()
        if (due := method(past, today)) is not None and (error := backtested(method, past)) is not None
    ]
    if not tried:
        return Forecast(None, None, None, None, None)
    error, name, due = min(tried)
    return Forecast(max(due, today), usual_grams(past.collections), name, round(error, 1), error_of_grams(past))


def usual_grams(collections: Sequence[tuple[date, int]]) -> int:
    """Return the median of the last quantities."""
    return round(median(grams for _, grams in collections[-LAST_RATES:]))


def error_of_grams(past: Past) -> int | None:
    """Return by how many grams the usual quantity was wrong on average; None if it could be tried too seldom."""
    errors = [
        abs(usual_grams(past.collections[:known]) - past.collections[known][1])
        for known in range(FEWEST, len(past.collections))
    ]
    return round(mean(errors)) if len(errors) >= LEAST_BACKTESTS else None


def backtested(method: Method, past: Past) -> float | None:
    """Return by how many days a method was wrong on average; None if it could be tried too seldom."""
    errors = []
    for known in range(FEWEST, len(past.collections)):
        day = past.collections[known][0]
        earlier = past.collections[:known]
        reports = [report for report in past.reports if report[0] < day]
        told_on = max([earlier[-1][0] + timedelta(days=1), *(at for at, _ in reports)])
        predicted = method(Past(earlier, reports, past.capacity_grams), told_on)
        if predicted is not None:
            errors.append(abs((predicted - day).days))
    return mean(errors) if len(errors) >= LEAST_BACKTESTS else None


def by_reports(past: Past, today: date) -> date | None:
    """Return the day on which the containers are full, if they fill on as reported."""
    if not past.collections:
        return None
    emptied = past.collections[-1][0]
    since = [(at, percent) for at, percent in past.reports if at > emptied and percent > 0]
    if not since:
        return None
    at, percent = since[-1]
    days = (at - emptied).days / percent * (100 - percent)
    return _bounded(at + timedelta(days=round(days)), today)


def by_rates(past: Past, today: date) -> date | None:
    """Return the day on which there is as much as usual, at the median of the last rates."""
    done = past.collections
    if len(done) < FEWEST:
        return None
    rates = [
        grams / (day - before).days
        for (before, _), (day, grams) in pairwise(done)
        if (day - before).days > 0 and grams > 0
    ][-LAST_RATES:]
    if not rates:
        return None
    usual = median(grams for _, grams in done[-LAST_RATES:])
    enough = min(usual, past.capacity_grams) if past.capacity_grams else usual
    return _bounded(done[-1][0] + timedelta(days=max(1, round(enough / median(rates)))), today)


def by_weekday(past: Past, today: date) -> date | None:
    """Return the next of the weekdays on which the point is usually collected."""
    if len(past.collections) < FEWEST:
        return None
    last = past.collections[-LAST_WEEKDAYS:]
    counted = Counter(day.weekday() for day, _ in last)
    usual = {weekday for weekday, times in counted.items() if times * 4 >= len(last)}
    first = max(today, past.collections[-1][0] + timedelta(days=1))
    return next((first + timedelta(days=n) for n in range(7) if (first + timedelta(days=n)).weekday() in usual), None)


def _bounded(due: date, today: date) -> date | None:
    return due if due <= today + timedelta(days=FARTHEST_DAYS) else None


METHODS: dict[str, Method] = {"reports": by_reports, "rates": by_rates, "weekday": by_weekday}
