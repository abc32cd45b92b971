"""Forms: constraints from the API's schemas, what was typed, and what is wrong with each field."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

from pydantic import BaseModel
from starlette.datastructures import FormData

from backend.pages.client import Refused

MOST_FIELDS = 200
LONGEST_KEY = 255  # that the API takes
_UNUSUAL = re.compile("[^A-Za-z0-9-]")
_CHOICES = frozenset({"enum", "literal_error"})
KEY = "_key"
"""The hidden field with the Idempotency-Key, so that a double tap does once."""

Attributes = Mapping[str, str | int | float | bool]


@cache
def constraints(schema: type[BaseModel]) -> Mapping[str, Attributes]:
    """Return the HTML attributes (`required`, `minlength`, `max` …) of each field of a schema, by the field's name."""
    described = schema.model_json_schema(by_alias=True)
    required = set(described.get("required", ()))
    return {
        name: _attributes(one, described.get("$defs", {}), name in required)
        for name, one in described.get("properties", {}).items()
    }


def _attributes(described: Mapping[str, Any], definitions: Mapping[str, Any], required: bool) -> Attributes:
    kinds: Sequence[Mapping[str, Any]] = described.get("anyOf", [described])
    told: dict[str, Any] = {}
    for kind in kinds:
        if "$ref" in kind:
            kind = definitions.get(kind["$ref"].rpartition("/")[2], {})
        told |= kind
    found: dict[str, str | int | float | bool] = {"required": True} if required else {}
    for name, attribute in (
        ("minLength", "minlength"),
        ("maxLength", "maxlength"),
        ("minimum", "min"),
        ("maximum", "max"),
    ):
        if name in told:
            found[attribute] = told[name]
    kind_of_input = {"email": "email", "date": "date", "password": "password", "uri": "url"}.get(told.get("format", ""))
    if kind_of_input is not None:
        found["type"] = kind_of_input
    elif told.get("type") in ("integer", "number"):
        found["inputmode"] = "numeric"
    return found


@dataclass
class Form:
    """One form of a page: what was typed and what is wrong.

    errors: a message per field. problem: what is wrong with the whole. stored: what somebody else stored meanwhile in
    fields where something else was typed.

    In a template, `form.value("name")` is what to put into a field, and `field()` of macros/forms.html draws it.
    """

    typed: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None
    key: str = field(default_factory=lambda: str(uuid4()))
    stored: Mapping[str, str] = field(default_factory=dict)

    def key_for(self, *what: object) -> str:
        """Return the Idempotency-Key of one act. what: sets it apart from other acts that the same page offers."""
        return "-".join([self.key, *(_UNUSUAL.sub("", str(one)) for one in what)])[:LONGEST_KEY]

    def value(self, name: str, otherwise: Any = "") -> Any:
        """Return what was typed into a field, or what it starts with."""
        return self.typed.get(name, otherwise)

    def chose(self, name: str, value: str, otherwise: bool = False) -> bool:
        """Return whether an option or a box was chosen."""
        if not self.typed:
            return otherwise
        chosen = self.typed.get(name, ())
        return value in chosen if isinstance(chosen, list) else str(chosen) == value

    def refused(self, refusal: Refused, fields: Sequence[str], names: Mapping[str, str] | None = None) -> "Form":
        """Return this form with what the API said, at its fields where they are of this form.

        names: the form's name for a field that the API calls otherwise.
        """
        errors = {}
        for error in refusal.problem.get("errors") or ():
            name = str(error["field"]).removeprefix("body.").removeprefix("query.").split(".")[0]
            name = (names or {}).get(name, name)
            if name in fields:
                errors[name] = self._told(refusal, error, name)
        return Form(self.typed, errors, None if errors else refusal.detail, self.key)

    def _told(self, refusal: Refused, error: Mapping[str, Any], name: str) -> str:
        """Return what to say at a field: to choose or to fill it in, otherwise what the API said."""
        if error.get("code") in _CHOICES:
            return refusal.texts("forms.choose")
        return refusal.texts("forms.missing") if self.typed.get(name) == "" else str(error["message"])

    def wrong(self, **errors: str) -> "Form":
        """Return this form with what the page itself found wrong."""
        return Form(self.typed, {**self.errors, **errors}, None, self.key)

    def overtaken(self, problem: str, stored: Mapping[str, Any], words: Mapping[str, str] | None = None) -> "Form":
        """Return this form after somebody else changed the same thing, with what differs from it.

        stored: what its fields would start with now; words: how to say those that are codes, lists or boxes.
        """
        said = words or {}
        differs = {
            name: said.get(name, str(now))
            for name, now in stored.items()
            if name in self.typed and _comparable(self.typed[name]) != _comparable(now)
        }
        return Form(self.typed, {}, problem, self.key, differs)

    @property
    def is_wrong(self) -> bool:
        """Whether something has to be corrected."""
        return bool(self.errors or self.problem)


def _comparable(value: Any) -> Any:
    """Return a value as it can be compared with what a browser sends."""
    if isinstance(value, list | tuple):
        return sorted(map(str, value))
    return str(value).replace("\r\n", "\n").strip()


def whole(typed: Any) -> Any:
    """Return a whole number that was typed; what is none, or is far too long, is left for the API to refuse."""
    return int(typed) if isinstance(typed, str) and re.fullmatch("[0-9]{1,9}", typed) else typed


def form_of(sent: FormData, lists: Sequence[str] = ()) -> Form:
    """Return the form that a browser sent, without its files. lists: the fields that may occur several times."""
    typed: dict[str, Any] = {}
    for name, value in sent.multi_items():
        if isinstance(value, str) and not name.startswith("_"):
            typed[name] = value.strip() if "password" not in name else value
    for name in lists:
        typed[name] = [value for value in sent.getlist(name) if isinstance(value, str)]
    key = sent.get(KEY)
    return Form(typed, key=key if isinstance(key, str) and 8 <= len(key) <= 64 else str(uuid4()))
