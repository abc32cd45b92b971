"""The base classes of request and response bodies: `class LotIn(In)`, `class LotOut(Out)`."""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, cast

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

# JSON has types for numbers and booleans, so "5" is not accepted as a number, nor 1 as true.
_EXACT = ("int", "float", "bool")
_TEXT_IN_JSON = {"date": "date_type", "datetime": "datetime_type"}
_FORMS = {
    "date_type": re.compile(r"\d{4}-\d{2}-\d{2}$", re.ASCII),
    "datetime_type": re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII),
}
# Control characters; the soft hyphen; marks, embeddings, overrides and isolates of direction; spaces and fillers
# without a width; separators, annotations, tags and noncharacters; joiners behind characters of scripts that join
# nothing.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|(?:^|[\x00-\u05ff])[\u200c\u200d]"
)
_OFFSET_WITHOUT_PLUS = re.compile(r" (\d{2}:?\d{2})$")


def _exact(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_exact(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if not isinstance(kind, str):
        return {name: _exact(part) for name, part in schema.items()}
    if kind in _EXACT:
        return {**schema, "strict": True}
    if kind == "str" and schema.get("strip_whitespace") is not False:
        return core_schema.no_info_after_validator_function(_visible, cast(CoreSchema, schema))
    if kind in _TEXT_IN_JSON:
        aware = {**schema, "tz_constraint": "aware"} if kind == "datetime" else schema
        return core_schema.no_info_before_validator_function(_written_as_text(_TEXT_IN_JSON[kind]), aware)
    inner = ("schema", "fields", "items_schema", "keys_schema", "values_schema", "choices", "definitions")
    return {name: _exact(part) if name in inner else part for name, part in schema.items()}


def _visible(text: str) -> str:
    """Return a text that a person wrote. Refuse what makes it look like another text, or what makes two look alike.

    Tabs and line breaks are accepted, and joiners behind emoji and in scripts that need them.
    """
    if _INVISIBLE.search(text):
        raise PydanticCustomError("invisible_characters", "No invisible characters and no changes of direction")
    return text


def _written_as_text(mistake: str) -> Callable[[Any], Any]:
    form = _FORMS[mistake]

    def refuse_numbers(value: Any) -> Any:
        # Pydantic would read 1700000000 and "1700000000" as seconds since 1970.
        if isinstance(value, int | float) or (isinstance(value, str) and not form.match(value.strip())):
            raise PydanticCustomError(mistake, "Written as in RFC 3339")
        return value

    return refuse_numbers


def _with_its_plus(value: Any) -> Any:
    """Return a time with the plus of its offset, which a query string turns into a space unless it is written %2B."""
    return _OFFSET_WITHOUT_PLUS.sub(r"+\1", value) if isinstance(value, str) else value


DayAsked = Annotated[date, BeforeValidator(_written_as_text("date_type"))]
"""A day in a path or a query, written as in RFC 3339; `In` treats the days of bodies in the same way."""

TimeAsked = Annotated[
    AwareDatetime, BeforeValidator(_written_as_text("datetime_type")), BeforeValidator(_with_its_plus)
]
"""A moment in a query, written as in RFC 3339. A literal plus before its offset is accepted."""


class In(BaseModel):
    """Base of request bodies: unknown fields are refused, JSON types are exact, texts stripped, times have an offset.

    Texts have no invisible characters (`_visible`). A field whose spaces matter, or that is read forgivingly, opts out
    of both: `Annotated[str, StringConstraints(strip_whitespace=False)]`.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True, allow_inf_nan=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema with exact JSON types.

        Pydantic's own strict mode would also refuse dates and UUIDs, which JSON can only write as text.
        """
        schema: CoreSchema = _exact(handler(source))
        return schema


class Out(BaseModel):
    """Base of response bodies: only declared fields are sent. Can be validated from rows, objects and mappings."""

    model_config = ConfigDict(from_attributes=True)


def if_sent(**kwargs: Any) -> Any:
    """Return a PATCH body's optional field: `title: str = if_sent(max_length=120)`.

    An explicit null is refused unless the type allows it. `model_dump(exclude_unset=True)` returns what was sent.
    """
    return Field(default=None, json_schema_extra=_without_default, **kwargs)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)
