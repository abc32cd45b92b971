"""Strict input schemas: a number is not accepted as text nor text as a number, and times need an offset."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import Field, StringConstraints, ValidationError

from backend.http.schemas import In


class Inner(In):
    portions: int


class Sample(In):
    count: int | None = None
    share: float = 0.0
    yes: bool = False
    day: date | None = None
    at: datetime | None = None
    id: UUID | None = None
    text: str = ""
    exact_text: Annotated[str, StringConstraints(strip_whitespace=False)] = ""
    inner: list[Inner] = Field(default=[])
    named: dict[str, int] = Field(default={})


@pytest.mark.parametrize(
    ("given", "error_type"),
    [
        ({"count": "5"}, "int_type"),
        ({"count": 5.0}, "int_type"),
        ({"count": True}, "int_type"),
        ({"share": "0.5"}, "float_type"),
        ({"share": float("nan")}, "finite_number"),
        ({"yes": "yes"}, "bool_type"),
        ({"yes": 1}, "bool_type"),
        ({"day": 1_700_000_000}, "date_type"),
        ({"day": "1700000000"}, "date_type"),
        ({"day": "1700000000.0"}, "date_type"),
        ({"day": "2026-03-31T00:00:00Z"}, "date_type"),
        ({"day": "٢٠٢٦-03-31"}, "date_type"),
        ({"day": "2026-02-30"}, "date_from_datetime_parsing"),
        ({"at": 1_700_000_000}, "datetime_type"),
        ({"at": "1700000000"}, "datetime_type"),
        ({"at": "-1700000000"}, "datetime_type"),
        ({"at": "2026-03-31T18:00:00"}, "timezone_aware"),
        ({"id": 5}, "uuid_type"),
        ({"text": 5}, "string_type"),
        ({"inner": [{"portions": "1"}]}, "int_type"),
        ({"inner": [{"portions": 1, "price_cents": 0}]}, "extra_forbidden"),
        ({"named": {"a": "1"}}, "int_type"),
        ({"status": "verified"}, "extra_forbidden"),
    ],
)
def test_a_value_of_another_type_is_refused(given: dict[str, Any], error_type: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Sample.model_validate(given)
    assert [error["type"] for error in refused.value.errors()] == [error_type]


def test_values_of_json_types_are_accepted() -> None:
    taken = Sample.model_validate(
        {
            "count": 5,
            "share": 1,
            "yes": True,
            "day": "2026-03-31",
            "at": "2026-03-31T18:00:00+02:00",
            "id": "01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4",
            "text": " café ",
            "exact_text": " café ",
            "inner": [{"portions": 1}],
            "named": {"a": 1},
        }
    )
    assert (taken.day, taken.text, taken.exact_text) == (date(2026, 3, 31), "café", " café ")
    assert taken.at is not None
    assert taken.at.utcoffset() is not None
