"""French VAT numbers in requests."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError
from stdnum.exceptions import ValidationError
from stdnum.fr import tva


def _with_valid_digits(number: str) -> str:
    try:
        return f"FR{tva.validate(number)}"
    except ValidationError:
        raise PydanticCustomError("vat_number", "This is no French VAT number") from None


VatNumber = Annotated[str, StringConstraints(max_length=30), AfterValidator(_with_valid_digits)]
"""A French VAT number, as FR and eleven characters. Spaces between them are accepted."""
