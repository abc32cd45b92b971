"""Numbers, euros, weights, distances, days and hours, as each language writes them.

Numbers come from Babel (CLDR). A window of time is written in the shop's zone, which is named where it is not Paris.
"""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from backend.pages.texts import PageLanguage, Texts, texts
from backend.time_zones import PARIS, zone_name
from backend.written_times import NO_BREAK_SPACE, written_day, written_hour

NARROW_SPACE = "\u202f"
WALKED_METRES_A_MINUTE = 75
FARTHEST_ON_FOOT_METRES = 2_000


class Amounts:
    """Writes the amounts of one language. `now`: the moment of the request, which days are told from."""

    def __init__(self, texts: Texts, now: datetime) -> None:
        self._texts = texts
        self._now = now
        self._todays: dict[str, date] = {}
        self._locale = _locale(texts.language)

    def number(self, value: float, decimals: int = 0) -> str:
        """Return a number, as « 1 234,5 » in French."""
        return _number(value, decimals, self._locale)

    def euros(self, cents: int) -> str:
        """Return cents as euros, « 1 234,50 € » in French."""
        return _euros(cents, self._locale)

    def whole_euros(self, cents: int) -> str:
        """Return cents as whole euros, « 1 235 € » in French."""
        return _whole_euros(cents, self._locale)

    def kilograms(self, value: float) -> str:
        """Return a weight in kilograms: whole numbers from ten on, otherwise one decimal unless it is zero."""
        return f"{self.number(value, 0 if value >= 10 or round(value, 1) % 1 == 0 else 1)}{NO_BREAK_SPACE}kg"

    def distance(self, metres: float) -> str:
        """Return how far a place is: in minutes on foot if it is near, otherwise in kilometres."""
        if metres <= FARTHEST_ON_FOOT_METRES:
            return self._texts("common.on_foot", n=max(1, round(metres / WALKED_METRES_A_MINUTE)))
        return self._texts("common.away", distance=self.number(metres / 1000, 1 if metres < 10_000 else 0))

    def hour(self, moment: str | datetime, zone: str = PARIS) -> str:
        """Return an hour, « 17 h 15 » in French and `17:15` otherwise."""
        return _hour(moment, zone, self._texts.language)

    def day(self, moment: str | datetime | date, zone: str = PARIS, *, year: bool = False) -> str:
        """Return a day, such as « samedi 28 novembre »."""
        return _written(_day(moment, zone), self._texts.language, year)

    def month(self, month: str, *, year: bool = False) -> str:
        """Return a month that is written as 2026-10, as « oct. » or, with its year, « oct. 2026 »."""
        written = format_date(date.fromisoformat(f"{month}-01"), "MMM y" if year else "MMM", self._texts.language)
        return written.translate(_LATIN_DIGITS)

    def near_day(self, moment: str | datetime, zone: str = PARIS) -> str:
        """Return « aujourd’hui », « demain », « hier » or the day."""
        return _near_day(_day(moment, zone), self._today(zone), self._texts.language)

    def hours(self, start: str | datetime, end: str | datetime, zone: str = PARIS) -> str:
        """Return a window's hours, « 17 h 15 – 18 h 30 », with the name of a zone that is not Paris."""
        return _hours(start, end, zone, self._today(zone), self._texts.language)

    def window(self, start: str | datetime, end: str | datetime, zone: str = PARIS) -> str:
        """Return a window with its day, « demain, 17 h 15 – 18 h 30 »."""
        return f"{self.near_day(start, zone)}, {self.hours(start, end, zone)}"

    def moment(self, moment: str | datetime, zone: str = PARIS) -> str:
        """Return a moment, « demain à 17 h 15 »."""
        return self._texts("common.at", day=self.near_day(moment, zone), hour=self.hour(moment, zone))

    def _today(self, zone: str) -> date:
        today = self._todays.get(zone)
        if today is None:
            today = self._todays[zone] = self._now.astimezone(ZoneInfo(zone)).date()
        return today


def written_euros(cents: int, language: PageLanguage) -> str:
    """Return cents as euros in a language, as `Amounts.euros` does."""
    return _euros(cents, _locale(language))


def _locale(language: PageLanguage) -> str:
    # Latin digits in every language, so that a price is the same on the screen and at the counter.
    return "fr" if language == "ar" else language


_LATIN_DIGITS = {ord("\u0660") + number: str(number) for number in range(10)}


# Pages write the same few prices and numbers again and again, and Babel takes its time.
@lru_cache(4096)
def _number(value: float, decimals: int, locale: str) -> str:
    return format_decimal(round(value, decimals), f"#,##0.{'0' * decimals}" if decimals else "#,##0", locale)


@lru_cache(4096)
def _euros(cents: int, locale: str) -> str:
    return format_currency(cents / 100, "EUR", locale=locale)


@lru_cache(4096)
def _whole_euros(cents: int, locale: str) -> str:
    pattern = Locale.parse(locale).currency_formats["standard"].pattern.replace(".00", "")
    return format_currency(round(cents / 100), "EUR", pattern, locale, currency_digits=False)


def _day(moment: str | datetime | date, zone: str) -> date:
    """Return the day of a moment where the shop is; a day without an hour is itself."""
    if isinstance(moment, str) and len(moment) == len("2026-11-29"):
        return date.fromisoformat(moment)
    return _there(moment, zone).date() if isinstance(moment, str | datetime) else moment


# A list writes the same few moments for each of its lots: their day, their hours and whether both are of one day.
@lru_cache(4096)
def _there(moment: str | datetime, zone: str) -> datetime:
    return (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone(ZoneInfo(zone))


@lru_cache(4096)
def _hour(moment: str | datetime, zone: str, language: PageLanguage) -> str:
    return written_hour(_there(moment, zone), language)


@lru_cache(4096)
def _written(day: date, language: PageLanguage, year: bool = False) -> str:
    return written_day(day, language, year=year).translate(_LATIN_DIGITS)


_NEAR_DAYS = {0: "common.today", 1: "common.tomorrow", -1: "common.yesterday"}


@lru_cache(4096)
def _near_day(day: date, today: date, language: PageLanguage) -> str:
    known = _NEAR_DAYS.get((day - today).days)
    return texts(language)(known) if known else _written(day, language)


@lru_cache(4096)
def _hours(start: str | datetime, end: str | datetime, zone: str, today: date, language: PageLanguage) -> str:
    first, last = _hour(start, zone, language), _hour(end, zone, language)
    if _there(start, zone).date() != _there(end, zone).date():
        last = f"{_near_day(_day(end, zone), today, language)} {last}"
    written = f"{first} – {last}"
    if zone != PARIS:
        written += f" ({zone_name(zone, 'fr' if language == 'fr' else 'en')})"
    return written
