"""SIRET numbers."""

from stdnum.exceptions import ValidationError
from stdnum.fr import siret


def siret_in(text: str) -> str | None:
    """Return the 14 digits of a SIRET; None if it cannot be one. python-stdnum knows La Poste's own rule.

    Zeros have valid check digits, but INSEE gives no company and no establishment the number zero.
    """
    try:
        digits = str(siret.validate(text))
    except ValidationError:
        return None
    return digits if int(digits[:9]) and int(digits[9:]) else None
