"""The two numbers that recalls use: the GTIN under the bar code, and the batch printed on the food."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError
from stdnum import ean
from stdnum.exceptions import ValidationError

from ai.batches import PATTERN, plain_batch


def _with_14_digits(written: str) -> str:
    """Return a valid GTIN with 14 digits, filled with zeros in front (GS1), so that all kinds can be compared."""
    try:
        return str(ean.validate(written)).zfill(14)
    except ValidationError as mistake:
        raise PydanticCustomError("gtin", "Not a GTIN") from mistake


def printed_gtin(kept: str) -> str:
    """Return a stored GTIN as it stands under the bar code: with 8, 12 (UPC), 13 or 14 digits."""
    zeros = len(kept) - len(kept.lstrip("0"))
    return kept[6 if zeros >= 6 else min(zeros, 2) :]


def _as_printed(written: object) -> object:
    return plain_batch(written) if isinstance(written, str) else written


Gtin = Annotated[str, AfterValidator(_with_14_digits)]
"""EAN-8, UPC-A, EAN-13 or GTIN-14, stored with 14 digits."""

Batch = Annotated[str, StringConstraints(pattern=PATTERN), BeforeValidator(_as_printed)]
"""A batch as printed, for example `L 2447 B`: at most 20 characters besides single spaces."""
