"""Compare drafts with their expected values, field by field."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from ai import FIELDS, ListingDraft
from ai.label_dates import LabelDate
from scripts.ai_evaluation.cases import Case

_NEAR_ENOUGH = {"original_price_cents": 0.35, "price_cents": 0.35, "weight_grams": 0.1, "portions": 0.2}
"""The share by which an estimate may differ from the expected value."""


@dataclass(slots=True)
class Score:
    """The counts of one field over all photos.

    silent: a value was expected but not given. invented: a value was given but cannot be read in the photo. unsaid: no
    value was given, rightly.
    """

    right: int = 0
    wrong: int = 0
    silent: int = 0
    invented: int = 0
    unsaid: int = 0

    @property
    def asked(self) -> int:
        """Return the number of photos where a value, or its absence, was expected."""
        return self.right + self.wrong + self.silent + self.invented + self.unsaid

    @property
    def accuracy(self) -> float:
        """Return the share of right answers, counting absent fields that were left empty."""
        return (self.right + self.unsaid) / self.asked if self.asked else 0.0


def scored(read: Iterable[tuple[Case, ListingDraft]]) -> dict[str, Score]:
    """Return the score of each field in the order of a form, without fields that no photo expects anything of."""
    scores = {name: Score() for name in FIELDS}
    for case, draft in read:
        for name, expected in case.expected.items():
            said = getattr(draft, name)
            score = scores[name]
            if said in (None, []):
                score.silent += 1
            elif is_right(name, said, expected):
                score.right += 1
            else:
                score.wrong += 1
        for name in case.absent:
            if getattr(draft, name) in (None, []):
                scores[name].unsaid += 1
            else:
                scores[name].invented += 1
    return {name: score for name, score in scores.items() if score.asked}


def is_right(name: str, said: Any, expected: Any) -> bool:
    """Return whether a value is right.

    A text must contain one of the expected words, an estimate must be near enough, and of the expected allergens none
    may be missing (more may be suspected).
    """
    if name in ("title", "description"):
        words = [expected] if isinstance(expected, str) else expected
        return any(_folded(word) in _folded(said) for word in words)
    if name == "suspected_allergens":
        return set(expected) <= set(said)
    if name in _NEAR_ENOUGH:
        return bool(abs(said - expected) <= _NEAR_ENOUGH[name] * expected)
    if isinstance(said, date):
        return str(said) == str(expected)
    return bool(said == expected)


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


class DateOutcome(StrEnum):
    """How the date that was read on a label compares with the printed one."""

    RIGHT = "right"
    MISSING = "missing"
    NO_KIND = "no kind"
    EARLIER = "earlier"
    LATER = "later"
    WRONG_KIND = "wrong kind"
    INVENTED = "invented"


def date_outcome(read: LabelDate | None, printed: LabelDate | None) -> DateOutcome:
    """Compare a date with the printed one. None: no date was read, or the label has none of food."""
    if printed is None:
        return DateOutcome.RIGHT if read is None else DateOutcome.INVENTED
    if read is None:
        return DateOutcome.MISSING
    if read.day != printed.day:
        return DateOutcome.EARLIER if read.day < printed.day else DateOutcome.LATER
    if read.kind is printed.kind:
        return DateOutcome.RIGHT
    return DateOutcome.NO_KIND if read.kind is None else DateOutcome.WRONG_KIND
