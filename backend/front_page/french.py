"""Numbers as French readers write them: a narrow no-break space between thousands, a comma before decimals."""

NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"


def number(value: float, decimals: int = 0) -> str:
    """Write 1234.5 as « 1 234,5 »."""
    return f"{value:,.{decimals}f}".replace(",", NARROW_SPACE).replace(".", ",")


def kilograms(value: float) -> str:
    """Write a weight in kilograms: whole above ten, else with one decimal unless it is zero."""
    return f"{number(value, 0 if value >= 10 or value == 0 else 1)}{NO_BREAK_SPACE}kg"


def euros(cents: int) -> str:
    """Write cents as euros, « 1 234,50 € »."""
    return f"{number(cents / 100, 2)}{NO_BREAK_SPACE}€"
