"""The two numbers that recalls use: the GTIN under the bar code, and the batch printed on the food."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError
from stdnum import ean
from stdnum.exceptions import ValidationError


def _with_14_digits(written: str) -> str:
    """Return a valid GTIN with 14 digits, filled with zeros in front (GS1), so that all kinds can be compared."""
    try:
        return str(ean.validate(written)).zfill(14)
    except ValidationError as mistake:
        raise PydanticCustomError("gtin", "Not a GTIN") from mistake


Gtin = Annotated[str, AfterValidator(_with_14_digits)]
"""EAN-8, UPC-A, EAN-13 or GTIN-14, stored with 14 digits."""

Batch = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]+$")]
