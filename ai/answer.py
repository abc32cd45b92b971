"""The schema of a model's answer, and how the answer is read and checked.

The reading code never assumes that an answer follows the schema: a model, or the text on a label, can say anything.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ai.batches import read_batch
from ai.draft_warnings import DraftWarning
from ai.gs1 import as_gtin
from ai.label_dates import LabelDate
from ai.listing import DESCRIPTION_LENGTH, TITLE_LENGTH
from ai.pricing import HIGHEST_CENTS
from ai.texts import cleaned
from ai.vocabulary import Allergen, Category, DateKind, Urgency

MAX_ANSWER_LENGTH = 1_000_000  # characters; a whole answer has about 1 500
MAX_PORTION_CENTS = 20_000  # a higher price was misread, or is a joke on a label
MAX_CONFIDENCE = 0.9  # a model's own confidence is lowered to this
MAX_DATE_CONFIDENCE = 0.7


class Confidence(BaseModel):
    """For each field a number from 0 (a guess) to 1 (read clearly)."""

    model_config = ConfigDict(extra="forbid")

    title: float
    description: float
    category: float
    original_price_cents: float
    price_cents: float
    portions: float
    weight_grams: float
    date_kind: float
    food_date: float
    cold_chain: float
    urgency: float
    suspected_allergens: float
    gtin: float
    batch: float


class Answer(BaseModel):
    """One listing, as far as the photo shows it."""

    # The schema is sent to the model with these docstrings. Every field is required, so that a model answers null
    # instead of leaving a field out. Only keywords that the API knows are used:
    # https://ai.google.dev/api/generate-content#generationconfig, responseJsonSchema.
    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(description="At most 60 characters.")
    description: str | None = Field(description="One or two sentences.")
    category: Category | None
    original_price_cents: int | None = Field(ge=1, le=HIGHEST_CENTS)
    price_cents: int | None = Field(ge=1, le=HIGHEST_CENTS)
    portions: int | None = Field(ge=1, le=1000)
    weight_grams: int | None = Field(ge=1, le=100_000)
    date_kind: DateKind | None
    food_date: date | None
    cold_chain: bool | None
    urgency: Urgency | None
    suspected_allergens: list[Allergen] = Field(max_length=14)
    gtin: str | None = Field(description="Digits only.")
    batch: str | None
    instructions_in_picture: bool
    confidence: Confidence


def schema() -> dict[str, Any]:
    """Return the JSON schema that is sent to the model."""
    return Answer.model_json_schema()


@dataclass(frozen=True, slots=True)
class ModelReading:
    """The parts of an answer that obey every rule. usable: whether it was an answer to the question at all."""

    values: dict[str, Any] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)
    warnings: frozenset[DraftWarning] = frozenset()
    usable: bool = False

    @property
    def date(self) -> LabelDate | None:
        """Return the date that the model read, if any."""
        kind = self.values.get("date_kind")
        day = self.values.get("food_date")
        return LabelDate(day, None if kind is DateKind.NONE else kind) if day else None


def read_answer(text: str, today: date) -> ModelReading:
    """Read and check an answer. Never raises: values that break a rule are left out, with a warning."""
    said = _object_in(text)
    if said is None or not set(said) & set(Answer.model_fields):
        return ModelReading(warnings=frozenset({DraftWarning.MODEL_ANSWER_UNUSABLE}))
    values: dict[str, Any] = {}
    warnings: set[DraftWarning] = set()
    for name, read in _READERS.items():
        if said.get(name) is None:
            continue
        values[name] = read(said[name], today, warnings)
        if values[name] is None:
            del values[name]
    if set(said) - set(Answer.model_fields):
        warnings.add(DraftWarning.MODEL_FIELDS_DROPPED)
    if said.get("instructions_in_picture") is True:
        warnings.add(DraftWarning.INSTRUCTIONS_IN_PICTURE)
    own = said.get("confidence")
    confidence = {
        name: min(
            _confidence(own.get(name) if isinstance(own, dict) else None), _MAX_CONFIDENCES.get(name, MAX_CONFIDENCE)
        )
        for name in values
    }
    return ModelReading(values, confidence, frozenset(warnings), usable=True)


_MAX_CONFIDENCES = {"food_date": MAX_DATE_CONFIDENCE, "date_kind": MAX_DATE_CONFIDENCE, "gtin": 0.6, "batch": 0.6}


def _object_in(text: str) -> dict[str, Any] | None:
    """Return the first JSON object in the text, which may be in a code fence or between sentences."""
    begin = text.find("{")
    if begin < 0 or len(text) > MAX_ANSWER_LENGTH:
        return None
    try:
        found, _ = json.JSONDecoder(parse_constant=lambda _: None).raw_decode(text, begin)
    except (ValueError, RecursionError):  # not JSON, a number of 5 000 digits, or endless brackets
        return None
    return found if isinstance(found, dict) else None


def _confidence(value: object) -> float:
    """Return a number from 0 to 1; 0.5 if the value is not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.5
    return min(1.0, max(0.0, float(value) if abs(value) < 1e9 else 0.0))


def _integer(value: object) -> int | None:
    """Return a whole number of at most nine digits, whether it was written as an int, a float or a string."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        return int(value)
    if isinstance(value, float) and not (abs(value) < 1e9 and value.is_integer()):
        return None
    return int(value) if isinstance(value, int | float) and abs(value) < 1e9 else None


Reader = Callable[[Any, date, set[DraftWarning]], Any]


def _number(lowest: int, highest: int, dropped: DraftWarning) -> Reader:
    def read(value: object, today: date, warnings: set[DraftWarning]) -> int | None:
        whole = _integer(value)
        if whole is not None and lowest <= whole <= highest:
            return whole
        warnings.add(dropped)
        return None

    return read


def _text(limit: int, lines: bool) -> Reader:
    def read(value: object, today: date, warnings: set[DraftWarning]) -> str | None:
        if not isinstance(value, str):
            warnings.add(DraftWarning.MODEL_FIELDS_DROPPED)
            return None
        kept, gone = cleaned(value, limit, lines=lines)
        warnings |= gone
        return kept

    return read


def _one_of(words: type[Category] | type[DateKind] | type[Urgency]) -> Reader:
    def read(value: Any, today: date, warnings: set[DraftWarning]) -> Any:
        try:
            return words(value)
        except ValueError:
            warnings.add(DraftWarning.MODEL_FIELDS_DROPPED)
            return None

    return read


def _flag(value: object, today: date, warnings: set[DraftWarning]) -> bool | None:
    if isinstance(value, bool):
        return value
    warnings.add(DraftWarning.MODEL_FIELDS_DROPPED)
    return None


def _allergens(value: object, today: date, warnings: set[DraftWarning]) -> list[Allergen] | None:
    named = {name if isinstance(name, str) else "" for name in (value if isinstance(value, list) else [""])}
    if named - set(Allergen):
        warnings.add(DraftWarning.MODEL_FIELDS_DROPPED)
    return [allergen for allergen in Allergen if allergen in named] or None


def _day(value: object, today: date, warnings: set[DraftWarning]) -> date | None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        day = None
    if day is None or not is_plausible(day, today):
        warnings.add(DraftWarning.DATE_DROPPED)
        return None
    return day


def is_plausible(day: date, today: date) -> bool:
    """Return whether food in a shop can have this date: at most 400 days ago and at most ten years ahead (cans)."""
    return today - timedelta(days=400) <= day <= today + timedelta(days=10 * 366)


def _gtin(value: object, today: date, warnings: set[DraftWarning]) -> str | None:
    gtin = as_gtin(re.sub(r"[\s.-]", "", value)) if isinstance(value, str) and len(value) < 40 else None
    if gtin is None:
        warnings.add(DraftWarning.MODEL_FIELDS_DROPPED)
    return gtin


def _batch(value: object, today: date, warnings: set[DraftWarning]) -> str | None:
    batch = read_batch(value) if isinstance(value, str) and len(value) < 80 else None
    # A code may contain any sign, but a model that answers with other signs did not read a label.
    if batch is not None and re.fullmatch(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9/._:° -]*", batch):
        return batch
    warnings.add(DraftWarning.MODEL_FIELDS_DROPPED)
    return None


_READERS: dict[str, Reader] = {
    "title": _text(TITLE_LENGTH, lines=False),
    "description": _text(DESCRIPTION_LENGTH, lines=True),
    "category": _one_of(Category),
    "original_price_cents": _number(1, MAX_PORTION_CENTS, DraftWarning.PRICE_DROPPED),
    "price_cents": _number(1, MAX_PORTION_CENTS, DraftWarning.PRICE_DROPPED),
    "portions": _number(1, 1000, DraftWarning.MODEL_FIELDS_DROPPED),
    "weight_grams": _number(1, 100_000, DraftWarning.MODEL_FIELDS_DROPPED),
    "date_kind": _one_of(DateKind),
    "food_date": _day,
    "cold_chain": _flag,
    "urgency": _one_of(Urgency),
    "suspected_allergens": _allergens,
    "gtin": _gtin,
    "batch": _batch,
}
