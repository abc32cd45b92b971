"""The INSEE codes of France's communes.

Source: INSEE, Code officiel géographique 2026 (Licence Ouverte 2.0), as published by Etalab's decoupage-administratif
6.0.0: the communes, and the arrondissements of Paris, Lyon and Marseille. `communes.txt.gz` holds one code per line.
"""

import gzip
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

_CODES = Path(__file__).with_name("communes.txt.gz")


@cache
def insee_codes() -> frozenset[str]:
    """Return the code of every commune."""
    return frozenset(gzip.decompress(_CODES.read_bytes()).decode().split())


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
