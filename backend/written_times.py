"""Days and hours in words, as pages and mails write them: « samedi 28 novembre » and « 17 h 15 »."""

from datetime import date, datetime
from functools import lru_cache

from babel.dates import format_date

NO_BREAK_SPACE = "\u00a0"
_PATTERNS = {"es": "EEEE d 'de' MMMM"}


# Pages write the same few days again and again, and Babel takes its time.
@lru_cache(1024)
def written_day(day: date, language: str, *, year: bool = False) -> str:
    """Return a day, such as « samedi 28 novembre » or, with its year, « samedi 28 novembre 2026 »."""
    pattern = _PATTERNS.get(language, "EEEE d MMMM") + (" y" if year else "")
    written = format_date(day, pattern, language)
    return written.replace(" 1 ", " 1er ") if language == "fr" and day.day == 1 else written


def written_hour(there: datetime, language: str) -> str:
    """Return the hour that a clock there shows, « 17 h 15 » in French and `17:15` otherwise."""
    if language != "fr":
        return f"{there:%H:%M}"
    minutes = f"{NO_BREAK_SPACE}{there:%M}" if there.minute else ""
    return f"{there.hour}{NO_BREAK_SPACE}h{minutes}"
