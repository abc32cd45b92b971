"""SIREN numbers."""

from stdnum.exceptions import ValidationError
from stdnum.fr import siren


def siren_in(text: str) -> str | None:
    """Return the 9 digits of a SIREN; None if it cannot be one. Zeros have a valid check digit but name nobody."""
    try:
        digits = str(siren.validate(text))
    except ValidationError:
        return None
    return digits if int(digits) else None
