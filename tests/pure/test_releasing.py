"""Which figures of territories a release tells: the free portions, the parts of the value, corrections, and funds."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from backend.territories.disclosure import Level
from backend.territories.releasing import Decided, decide

DAY, LAST = date(2027, 3, 10), date(2027, 3, 31)
TOWN, BESIDE = "67482", "67447"


def a_row(
    number: int,
    commune: str = TOWN,
    *,
    people: int = 6,
    given: Sequence[bool] | bool = False,
    grams: int = 500,
    price: int = 400,
    funded: bool = False,
) -> dict[str, Any]:
    """Return what release_elements returns of a shop with people of its own; `given`: to whom its merchant gave."""
    each = [given] * people if isinstance(given, bool) else list(given)
    return {
        "day": DAY,
        "shop_id": number,
        "category": "bakery",
        "siren": f"{number:09d}",
        "known": False,
        "funded": funded,
        "region": "REG-44",
        "department": "DEP-67",
        "epci": "246700488",
        "commune": commune,
        "arrondissement": None,
        "zone": None,
        "donated_grams": 0,
        "donated_cents": 0,
        "people": [number * 100 + person for person in range(people)],
        "grams": [grams] * people,
        "cents": [800] * people,
        "recovered_cents": [0 if free else price for free in each],
        "given_grams": [grams if free else 0 for free in each],
        "given_cents": [800 if free else 0 for free in each],
        "sold_grams": [0 if free else grams for free in each],
    }


def told_of(decided: Decided, what: str = "told") -> set[tuple[str, str | None]]:
    return {(cell.code, cell.category) for cell in getattr(decided, what)}


def a_month(rows: list[dict[str, Any]], **more: Any) -> Decided:
    return decide("month", date(2027, 3, 1), LAST, rows, [], **more)


def a_cell(code: str, level: Level = Level.COMMUNE, category: str = "") -> dict[str, Any]:
    """Return what published_cells returns of a day."""
    return {
        **{"level": level.name.lower(), "code": code, "category": category, "first_day": DAY, "last_day": DAY},
        **{"given": True, "parts": False},
    }


def test_a_town_s_payments_are_not_told_if_the_rest_is_one_merchant() -> None:
    town = [a_row(number, people=12, given=[True] * 9 + [False] * 3, price=240) for number in range(1, 5)]
    gives = [a_row(number, BESIDE, people=10, given=True) for number in range(10, 13)]
    # Most of what was paid in France was paid to the merchant beside, so that France's own parts are not told either.
    one_sells = a_month([*town, *gives, a_row(13, BESIDE, people=40, price=560)])
    assert {("FR", None), (TOWN, None), (BESIDE, None)} <= told_of(one_sells)
    assert told_of(one_sells, "parts_told") == set()

    # The control: where enough merchants sell in the rest, the parts of both are told.
    all_sell = a_month([*town, *(a_row(number, BESIDE) for number in (10, 11, 12))])
    assert {(TOWN, None), (BESIDE, None)} <= told_of(all_sell, "parts_told")


def test_a_correction_tells_nothing_that_was_suppressed_before() -> None:
    rows = [a_row(number) for number in range(1, 4)] + [a_row(number, BESIDE) for number in range(4, 7)]
    first = decide("day", DAY, DAY, rows, [])
    assert {(TOWN, None), (BESIDE, None)} <= told_of(first)

    # Only the town was told at first. Nothing that changed is in the commune beside it.
    earlier = [a_cell("FR", Level.COUNTRY), a_cell(TOWN)]
    changed = frozenset((row["day"], row["shop_id"], row["category"]) for row in rows[:3])
    corrected = decide("day", DAY, DAY, rows, [], changed, earlier)
    assert told_of(corrected) == {("FR", None), (TOWN, None)}
    assert told_of(corrected, "given_told") <= told_of(corrected)


def test_sales_of_one_shop_are_not_told_beside_a_fund_s_statement() -> None:
    gives = [a_row(number, given=True, funded=True) for number in range(1, 4)]
    sells = a_row(4, given=[True] * 3 + [False] * 3, funded=True)
    assert told_of(decide("day", DAY, DAY, [*gives, sells], [])) == set()

    # Without a fund nobody knows what the others gave; and where enough sell, they hide each other.
    without = [{**row, "funded": False} for row in [*gives, sells]]
    assert (TOWN, None) in told_of(decide("day", DAY, DAY, without, []))
    enough = [*gives, *(a_row(number, funded=True) for number in range(5, 8))]
    assert (TOWN, None) in told_of(decide("day", DAY, DAY, enough, []))
    assert (TOWN, None) in told_of(decide("day", DAY, DAY, gives, []))


def test_a_month_with_a_fund_counts_value_apart_too() -> None:
    gives = [a_row(number, given=True, funded=True) for number in range(1, 4)]
    sells = [a_row(number, given=[True] * 3 + [False] * 3, funded=True) for number in range(5, 9)]
    assert (TOWN, None) in told_of(a_month(gives + sells))
