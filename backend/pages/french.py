"""Numbers in French: a narrow no-break space between thousands and a decimal comma."""

NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"


def number(value: float, decimals: int = 0) -> str:
    """Return a number in French: 1234.5 with one decimal is « 1 234,5 »."""
    return f"{value:,.{decimals}f}".replace(",", NARROW_SPACE).replace(".", ",")


def kilograms(value: float) -> str:
    """Return a weight in kilograms: whole numbers from ten on, otherwise one decimal (zero has none)."""
    return f"{number(value, 0 if value >= 10 or value == 0 else 1)}{NO_BREAK_SPACE}kg"


def euros(cents: int) -> str:
    """Return cents as euros, « 1 234,50 € »."""
    return f"{number(cents / 100, 2)}{NO_BREAK_SPACE}€"
