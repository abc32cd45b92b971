"""INSEE codes in requests, which must be those of communes of France."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

from backend.places.communes import insee_codes


def _in_capitals(code: Any) -> Any:
    return code.strip().upper() if isinstance(code, str) else code


def _of_a_commune(code: str) -> str:
    if code not in insee_codes():
        raise PydanticCustomError("insee_code", "No commune has this INSEE code")
    return code


InseeCode = Annotated[
    str,
    BeforeValidator(_in_capitals),
    StringConstraints(pattern=r"^[0-9][0-9AB][0-9]{3}$"),
    AfterValidator(_of_a_commune),
]
"""The INSEE code of a commune. It is accepted in small letters, as in `2a004`."""

CommuneAsked = Annotated[
    InseeCode | None,
    Query(description="The INSEE code of a commune; arrondissements belong to theirs.", examples=["67482"]),
]
