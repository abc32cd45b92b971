"""Find food dates in the print of a label: "À consommer jusqu'au 24/11/2026", "DDM fin 03.2027", "EXP 120327".

The phrases come from annex X of regulation (EU) 1169/2011, in the languages that are common on French shelves. A date
belongs to the words before it in its row, else to those above it. A date that other words claim (packed, cooked, valid
until), and digits that need not be a date (a telephone number, a batch), are left out: a missing date costs the
merchant a look at the label, a wrong one may cost somebody's health.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ai.date_forms import Form, forms, plain
from ai.printed_text import Line, lines_of_text, slope
from ai.vocabulary import DateKind

Box = tuple[float, float, float, float]  # left, top, right, bottom

_MAX_TEXT_LENGTH = 6000  # a whole packet has about 2 000 characters
_MAX_LINES, _MAX_DATES = 400, 8  # dates in one line; a table of opening days has more
_MAX_DISTANCE = 90  # characters between a phrase and its date in one row
# In heights of the date's digits: how far centres of one row may differ, how far above a date its words may stand, and
# how far to the left.
_ONE_ROW, _ABOVE, _LEFT = 0.9, 4.6, 25
_OLDEST, _SOON, _LATEST = timedelta(days=400), timedelta(days=3 * 365), timedelta(days=10 * 366)

_BEST_BEFORE = (
    r"\bde preference,? (?:a )?cons\w*\.? (?:avant|jusqu)|\bpreference|\bpref\b|\bd\.?d\.?m\b|\bd\.?l\.?u\.?o\b|"
    r"\bd\.?c\.?r\b|consommation recommandee|best before|best if used|\bbbe?\b|\bbbd\b|meilleur avant|"
    r"durabilite minimale|mindestens haltbar|ten minste houdbaar|preferibilmente|preferentemente"
)
_USE_BY = (
    r"\bcons(?:ommer|\.)?[ .,]{1,3}(?:\S+ )?jus ?qu|\bcons(?:ommer|\.)?[ .,]{1,3}(?:avant|avt|av\.|au plus tard)|"
    r"limite de cons|\bd\.?l\.?c\b|use by|utiliser (?:avant|jus ?qu)|\bexp\b|\bexpir|peremption|perime|"
    r"zu verbrauchen bis|te gebruiken tot|da consumare entro|da consumarsi entro|fecha de caducidad|\bcad\b"
)
# OCR did not read what stands between: "de préférence", or nothing that matters.
_ONE_OF_BOTH = r"\bconsommer\b(?!.{1,25}\bpref).{1,25}\bavant\b"
_NOT_A_FOOD_DATE = (
    r"emball|conditionn|fabri|\bprodu[ic]|\bprod\b|congel|surgel|\babat|\bpondu|\bponte\b|recolt|\bpech|captur|"
    r"\bcuit|cuisson|cuisin|prepare|decoup|\bhach|tranche|\bmis en|\blivr|\brecu\b|expedi|ouvert|entame|"
    r"pack(?:ed|ing)|baked|made on|\bmf[gd]\b|\bne le\b|naissance|slaughter|frozen|"
    r"offre|promo|valable|validite|\bjeu\b|concours|rembours|tirage|edition|imprim|edite|achet|"
    r"\btel\b|telephone|service cons|consommateur|numero|\bvert\b|appel|contact|\bfax\b|siret|\brcs\b|www|"
    r"\breference|\bref\b|\bl(?:ot)?[ :.n°o]*$"
)
_UNTIL = r"jus ?qu"  # of food only after "consommer"
_PHRASES = re.compile(
    rf"(?P<best_before>{_BEST_BEFORE})|(?P<use_by>{_USE_BY})|(?P<one_of_both>{_ONE_OF_BOTH})|"
    rf"(?P<other>{_NOT_A_FOOD_DATE})|(?P<until>{_UNTIL})"
)
# With these a name may end: "steak haché", "jambon cuit". Above a date they count with a mark only.
_IN_NAMES = re.compile(r"produ|congel|surgel|cuit|cuis|prepare|decoup|hach|tranche")
_MARK = re.compile(r"\b(?:le|du|on|date|the|am|op)\b|:")
# What may stand between a phrase and its date: "avant le", "fin", "(jj/mm/aa) :".
_FILLING = frozenset(
    "le la les du au aux de des et ou avant fin end of on by the bis am il op date voir jour mois annee jj mm aa aaaa "
    "jusque jusqu'au jusqu'a qu'au avt av lundi mardi mercredi jeudi vendredi samedi dimanche inclus".split()
)
_EXPIRES = re.compile(r"\bexp")
_END = re.compile(r"\b(?:fin|end)\b")


@dataclass(frozen=True, slots=True)
class LabelDate:
    """One date on a label. kind: None if no phrase says which kind of date it is."""

    day: date
    kind: DateKind | None


@dataclass(frozen=True, slots=True)
class Found:
    """A date with its place. said: "use_by", "best_before", "one_of_both", "other" for no food date, or None."""

    day: date
    said: str | None
    box: Box

    @property
    def label_date(self) -> LabelDate:
        """Return the date and its kind."""
        return LabelDate(self.day, DateKind(self.said) if self.said in set(DateKind) else None)


def dates_in(text: str, today: date | None = None) -> list[LabelDate]:
    """Return all food dates in the order of the text, without packing and production dates. Never raises.

    today: for dates without a year; without it they are left out.
    """
    found = find_dates(lines_of_text(text[:_MAX_TEXT_LENGTH]), today)
    return [one.label_date for one in found if one.said != "other"]


def food_date_in(text: str, today: date) -> LabelDate | None:
    """Return the date that applies, or None; see `food_date`."""
    applies = food_date(find_dates(lines_of_text(text[:_MAX_TEXT_LENGTH]), today), today)
    return applies.label_date if applies else None


def food_date(found: Iterable[Found], today: date) -> Found | None:
    """Return the date that applies, or None.

    It is the earliest use-by date, else the earliest best-before date, else the earliest that is one of both. Else it
    is the one date without a phrase that lies between today and three years from today, if there is only one.
    """
    dates = [one for one in found if one.said != "other"]
    for said, latest in (("use_by", _SOON), ("best_before", _LATEST), ("one_of_both", _SOON)):
        of_kind = [one for one in dates if one.said == said and today - _OLDEST <= one.day <= today + latest]
        if of_kind:
            return min(of_kind, key=lambda one: one.day)
    coming = {one.day: one for one in dates if one.said is None and today <= one.day <= today + _SOON}
    return coming.popitem()[1] if len(coming) == 1 else None


def find_dates(lines: Sequence[Line], today: date | None = None) -> list[Found]:
    """Return every date on a label with what the words around it say of it, also dates that are no food's."""
    lines = lines[:_MAX_LINES]
    falls = slope(lines)
    rows = [_Row(line, falls, today) for line in lines]
    dates = []
    for row in rows:
        before = None
        for form in row.dates:
            before = _found(row, form, before, rows)
            dates += [before] if before is not None else []
    return dates


def days_in(line: Line, today: date) -> set[date]:
    """Return every day that a line may mean, whatever words stand around it."""
    return {form.day for form in _Row(line, 0.0, today).dates}


class _Row:
    """A line in plain letters, with the dates in it."""

    def __init__(self, line: Line, falls: float, today: date | None) -> None:
        self._words = line.words
        self._falls = falls
        parts = [plain(word.text) for word in line.words]
        self.text = " ".join(parts)
        self._ends = [sum(map(len, parts[: number + 1])) + number for number in range(len(parts))]
        dates = list(forms(self.text, today))
        self.dates = dates if len(dates) <= _MAX_DATES else []
        self.tail = self.text[self.dates[-1].end :] if self.dates else self.text
        self.box = self.box_of(0, len(self.text))
        self.level = self.level_of(self.box)

    def box_of(self, start: int, end: int) -> Box:
        """Return the box of a part of the text."""
        words = [word for word, ends in zip(self._words, self._ends, strict=True) if ends > start][
            : 1 + sum(start < ends < end for ends in self._ends)
        ] or self._words[-1:]
        return (
            min(word.left for word in words),
            min(word.top for word in words),
            max(word.right for word in words),
            max(word.bottom for word in words),
        )

    def level_of(self, box: Box) -> float:
        """Return how far down a box of this row is once all lines are turned to be level."""
        left, top, right, bottom = box
        return (top + bottom) / 2 - self._falls * (left + right) / 2


def _found(row: _Row, form: Form, before: Found | None, rows: Sequence[_Row]) -> Found | None:
    """Return a date with what is said of it; None if nothing shows that it is a date.

    before: the date before it in its row.
    """
    box = row.box_of(form.start, form.end)
    words = _words_beside(row, form, box, rows)
    phrase = _last_phrase(words)
    if phrase is not None and phrase.lastgroup != "until":
        said, between = phrase.lastgroup, _after(phrase, words)
        if len(between) > _MAX_DISTANCE:
            said = None
    else:
        above = _words_above(words, row, box, rows)
        said, between = above or (None, "")
        # "Jusqu'au" without "à consommer", or the end of a time: "du 20/11 au 05/12".
        if said is None and (phrase is not None or (before is not None and before.said == "other")):
            said = "other"

    if said is None:
        # A date without a phrase, unless it is one of something that we do not know.
        known = form.sure or _END.search(words) or (form.may_be_alone and not words.strip())
        return Found(form.day, None, box) if known and _is_filling(f"{words} {_next_words(row, form)}", True) else None
    if said != "other" and not form.sure and not _is_filling(between):
        return None
    # A use-by date has a day (annex X of the regulation). A date with a month only is another, or OCR lost the day.
    if said == "use_by" and form.of_month and not _EXPIRES.search(words):
        return None
    return Found(form.day, said, box)


def _next_words(row: _Row, form: Form) -> str:
    """Return the words after a date in its row, but not a next date."""
    number = row.dates.index(form) + 1
    return row.text[form.end : row.dates[number].start if number < len(row.dates) else None]


def _words_beside(row: _Row, form: Form, box: Box, rows: Sequence[_Row]) -> str:
    """Return the words before a date in its row, but not those before an earlier date."""
    number = row.dates.index(form)
    if number:
        return row.text[row.dates[number - 1].end : form.start]
    height = box[3] - box[1]
    level = row.level_of(box)
    words = row.text[: form.start]
    beside = [
        other
        for other in rows
        if other is not row
        and abs(other.level - level) <= _ONE_ROW * height
        and -height / 2 <= row.box[0] - other.box[2] <= _LEFT * height
    ]
    # Of two lines beside it, "A consommer" and "jusqu'au", the lower is the nearer.
    for other in sorted(beside, key=lambda one: (round((one.level - level) / height), one.box[2]), reverse=True):
        words = f"{other.tail} {words}"
        if other.dates:
            break
    return words


def _words_above(words: str, row: _Row, box: Box, rows: Sequence[_Row]) -> tuple[str, str] | None:
    """Return what the words above a date say of it and what stands between, or None if they say nothing.

    words: those beside it, which may be the end of a phrase.
    """
    height, level = box[3] - box[1], row.level_of(box)
    reach = row.box if len(row.dates) == 1 else box
    above = [
        other
        for other in rows
        if _ONE_ROW * height < level - other.level <= _ABOVE * height
        and min(other.box[2], reach[2]) > max(other.box[0], reach[0])
    ]
    dates = [
        one.box_of(date.start, date.end)
        for one in rows
        for date in one.dates
        if abs(one.level - level) <= _ONE_ROW * height
    ]
    for other in sorted(above, key=lambda one: one.level, reverse=True):
        part = _column(other, box, dates)
        phrase = _last_phrase(f"{part} {words}")
        if phrase is not None and phrase.lastgroup != "until":
            between = _after(phrase, f"{part} {words}")
            # What follows a phrase in its own row may be the date that OCR did not read.
            rest, below = (_after(phrase, part), words) if phrase.end() <= len(part) else ("", between)
            if not _is_filling(rest) or not _is_filling(below, batches=phrase.lastgroup != "other"):
                return None
            marked = _MARK.search(between) or "date" in part[: phrase.start()][-12:]
            if phrase.lastgroup == "other" and _IN_NAMES.search(phrase[0]) and not marked:
                return None
            return str(phrase.lastgroup), between
        words = f"{part} {words}"
        if other.dates or not _is_filling(part, batches=True):
            return None
    return None


def _column(heads: _Row, box: Box, dates: Sequence[Box]) -> str:
    """Return what stands above a date: all of the row, or of a table's heads read as one row its own.

    dates: the boxes of all dates in the row of this date.
    """
    below = sorted(one for one in dates if one[0] < heads.box[2] and one[2] > heads.box[0])
    phrases = [] if heads.dates else list(_PHRASES.finditer(heads.text))
    if len(below) < 2 or len(phrases) != len(below) or box not in below:
        return heads.tail
    number = below.index(box)
    ends = [*(phrase.start() for phrase in phrases[1:]), len(heads.text)]
    return heads.text[phrases[number].start() : ends[number]]


def _last_phrase(words: str) -> re.Match[str] | None:
    last = None
    for match in _PHRASES.finditer(words):
        last = match
    return last


def _after(phrase: re.Match[str], words: str) -> str:
    """Return what follows a phrase and the rest of its last word."""
    return re.sub(r"^[a-z.']+", "", words[phrase.end() :])


def _is_filling(text: str, batches: bool = False) -> bool:
    """Return whether words only join a phrase to its date. batches: whether a batch or a time may stand there, too."""
    words = re.findall(r"[^\s,;()]*[a-z0-9][^\s,;()]*", text)
    return all(_is_filling_word(word.strip(".:/'°-"), batches) for word in words)


def _is_filling_word(word: str, batches: bool) -> bool:
    if word in _FILLING or (len(word) <= 2 and word.isalpha()):
        return True
    return batches and (word in ("lot", "no", "n°") or any(c.isdigit() for c in word))
