"""What a recall goes by: the number under the bar code (GTIN) and the batch printed on the food."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError
from stdnum import ean
from stdnum.exceptions import ValidationError


def _with_14_digits(written: str) -> str:
    """Check a trade number and write it with 14 digits, as all of them can be compared (GS1: zeros in front)."""
    try:
        return str(ean.validate(written)).zfill(14)
    except ValidationError as mistake:
        raise PydanticCustomError("gtin", "Not a GTIN") from mistake


Gtin = Annotated[str, AfterValidator(_with_14_digits)]
"""EAN-8, UPC-A, EAN-13 or GTIN-14, kept with 14 digits."""

Batch = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]+$")]
