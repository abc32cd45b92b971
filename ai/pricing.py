"""The allowed range of discounted prices: 30 % to 70 % of the original price, in whole cents."""

HIGHEST_CENTS = 100_000


def lawful_range(original_cents: int) -> range:
    """Return all lawful discounted prices in cents; empty if there is none (an original price of one cent)."""
    return range(-(-original_cents * 30 // 100), original_cents * 70 // 100 + 1)


def lawful_price(original_cents: int, wanted_cents: int | None = None) -> int | None:
    """Return the lawful price nearest to the wanted one, or None if no price is lawful.

    wanted_cents: half of the original price by default.
    """
    lawful = lawful_range(original_cents)
    if not lawful:
        return None
    wanted = original_cents // 2 if wanted_cents is None else wanted_cents
    return max(lawful[0], min(lawful[-1], wanted))
