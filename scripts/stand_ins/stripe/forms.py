"""Decode Stripe's requests: form fields with nested brackets, `metadata[payment_id]=…`, `expand[0]=…`."""

import re
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qsl

from scripts.stand_ins.stripe.refusals import Refusal

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")


def parse_form(encoded: str) -> dict[str, Any]:
    """Return form fields as nested dicts and lists of strings. Raises Refusal for a malformed key."""
    form: dict[str, Any] = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        matched = _KEY.match(key)
        if matched is None:
            raise Refusal(400, f"Invalid parameter name: {key}", param=key)
        steps = [matched[1], *re.findall(r"\[([^\[\]]*)\]", matched[2])]
        place = form
        for step in steps[:-1]:
            place = place.setdefault(step or str(len(place)), {})
            if not isinstance(place, dict):
                raise Refusal(400, f"Invalid hash: {key}", param=key)
        place[steps[-1] or str(len(place))] = value
    return {name: _with_lists(value) for name, value in form.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if all(key.isdigit() for key in value):
        return [_with_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _with_lists(nested) for key, nested in value.items()}


class Params:
    """The parameters of one request, read by type. Like Stripe, it refuses parameters that the operation has not."""

    def __init__(self, given: dict[str, Any], known: Collection[str]) -> None:
        self._given = given
        for name in given:
            if name not in known and name != "expand":
                raise Refusal(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)

    def text(self, name: str) -> str | None:
        value = self._given.get(name)
        if value is not None and not isinstance(value, str):
            raise Refusal(400, f"Invalid string: {name}", param=name)
        return value or None

    def required_text(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise Refusal(400, f"Missing required param: {name}.", code="parameter_missing", param=name)
        return value

    def integer(self, name: str) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?[0-9]{1,12}", value):
            raise Refusal(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
        return int(value)

    def required_integer(self, name: str) -> int:
        self.required_text(name)
        return self.integer(name) or 0

    def flag(self, name: str) -> bool:
        value = self.text(name)
        if value not in (None, "true", "false"):
            raise Refusal(400, f"Invalid boolean: {value}", param=name)
        return value == "true"

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        value = self.text(name)
        if value is not None and value not in allowed:
            raise Refusal(400, f"Invalid {name}: must be one of {', '.join(sorted(allowed))}", param=name)
        return value

    def mapping(self, name: str) -> dict[str, Any]:
        value = self._given.get(name) or {}
        if not isinstance(value, dict):
            raise Refusal(400, f"Invalid hash: {name}", param=name)
        return value

    def texts(self, name: str) -> list[str]:
        value = self._given.get(name) or []
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Refusal(400, f"Invalid array: {name}", param=name)
        return value

    def metadata(self) -> dict[str, str]:
        """Return the metadata. Stripe allows 50 keys of at most 40 characters, with values of at most 500."""
        # If all keys are digits, the decoder takes them for a list. Nobody uses such keys.
        metadata = self.mapping("metadata")
        if len(metadata) > 50:
            raise Refusal(400, "Metadata can have up to 50 keys.", param="metadata")
        for key, value in metadata.items():
            if not isinstance(value, str) or len(value) > 500 or len(key) > 40:
                raise Refusal(400, "Invalid metadata: key or value too long.", param=f"metadata[{key}]")
        return metadata
