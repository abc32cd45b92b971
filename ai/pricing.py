"""Prices inside the law: 30 % to 70 % of the original price, in whole cents."""

HIGHEST_CENTS = 100_000


def lawful_range(original_cents: int) -> range:
    """Every lawful discounted price in cents; empty where none exists (an original price of one cent)."""
    return range(-(-original_cents * 30 // 100), original_cents * 70 // 100 + 1)


def lawful_price(original_cents: int, wanted_cents: int | None = None) -> int | None:
    """The lawful price nearest to the wanted one, half the original without one; None where none is lawful."""
    lawful = lawful_range(original_cents)
    if not lawful:
        return None
    wanted = original_cents // 2 if wanted_cents is None else wanted_cents
    return max(lawful[0], min(lawful[-1], wanted))
