"""An attacker with a linear program reads all published tables, and learns no more than disclosure control allows.

The attacker knows which shop was open on which day and sold in which category (so which cells exist), France's total of
each day, every published cell of every territory, category, day and month, and each figure of the shops that are known
from elsewhere (which is more than whole tens, or than a fund's statement of euros). As an insider it also knows every
figure of one merchant. For each secret it asks HiGHS for the smallest and the largest amount that fits all that.

What the rule allows, and so what a breach is:
- A merchant or a person may be at most 85 % of what could be theirs: the upper bound of an amount, on any days, must
  be at least 100/85 of the truth. A published cell with a contributor at exactly 85 % tells that much, no more.
- A suppressed cell with fewer than three merchants or eleven people, or one above 85 %, must not be computable: its
  interval has a width; with one or two merchants at least 15/85 of the largest. More cannot be asked: a rule that lets
  eleven people be published lets ten of them be known up to what the eleventh took.
- For an insider only single merchants count: three merchants are enough, so one always knows the sum of the others.
- A day that is unsafe for all of France is excepted, as `GET /v1/impact` tells it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from backend.territories.disclosure import Element, Place, candidate_cells
from tests.pure.disclosure_histories import (
    ALSACE,
    VOSGES,
    History,
    Shop,
    a_random_history,
    a_sparse_month,
    an_element,
    days,
    handed,
    inside,
    is_inside,
    is_safe,
    published_history,
    unprotected_history,
)

# How many random histories are attacked in the suite, and by `./scripts/prove tests`.
SEEDS, SEEDS_AT_LENGTH = 2, 24
GRAM = 0.5  # HiGHS computes with floats; no secret here is below 100 g


def in_all(one: Element) -> int:
    return handed(one) + sum(one.collected)


class Attacker:
    """Somebody who knows the published sums of one measure, and some elements exactly."""

    def __init__(self, history: History, measure: Callable[[Element], int], insider: int | None = None) -> None:
        self.elements = history.elements
        self.amounts = np.array([measure(one) for one in self.elements], dtype=float)
        self.fixed = np.array([one.known or one.merchant == insider for one in self.elements])
        rows = [
            [number for number, one in enumerate(self.elements) if is_inside(cell, one)] for cell in history.published
        ]
        by_day = defaultdict(list)
        for number, one in enumerate(self.elements):
            by_day[one.day].append(number)
        rows += by_day.values()
        self.tables = csr_array(
            (np.ones(sum(map(len, rows))), np.concatenate(rows), np.cumsum([0, *map(len, rows)])),
            shape=(len(rows), len(self.elements)),
        )
        self.sums = self.tables @ self.amounts
        self.limits = [
            (amount, amount) if fixed else (0, None) for amount, fixed in zip(self.amounts, self.fixed, strict=True)
        ]

    def truth(self, secret: Sequence[int]) -> float:
        return float(self.amounts[list(secret)].sum())

    def largest(self, secret: Sequence[int]) -> float:
        """Return the largest amount that some elements can have together."""
        return -self._solve(secret, -1)

    def width(self, secret: Sequence[int]) -> float:
        """Return the distance of the largest and the smallest amount that some elements can have together."""
        return self.largest(secret) - self._solve(secret, 1)

    def _solve(self, secret: Sequence[int], sign: int) -> float:
        costs = np.zeros(len(self.elements))
        costs[list(secret)] = sign
        result = linprog(costs, A_eq=self.tables, b_eq=self.sums, bounds=self.limits, method="highs")
        assert result.status == 0, result.message
        return float(result.fun)


def breaches(history: History, measure: Callable[[Element], int] = in_all, insider: int | None = None) -> Iterator[str]:
    """Yield what an attacker learns beyond the rule."""
    attacker = Attacker(history, measure, insider)
    told = {day for day in {one.day for one in history.elements} if not is_safe(
        [one for one in history.elements if one.day == day])}  # fmt: skip
    open_to_attack = [
        number
        for number, one in enumerate(history.elements)
        if not attacker.fixed[number] and one.day not in told and attacker.amounts[number]
    ]
    contributors: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for number in open_to_attack:
        one = history.elements[number]
        contributors[one.merchant,].append(number)
        contributors[one.merchant, one.day].append(number)
    for name, secret in contributors.items():
        truth = attacker.truth(secret)
        if attacker.largest(secret) < truth / 0.85 - GRAM:
            yield f"merchant {name} has at most {attacker.largest(secret)} g, really {truth} g"
    if insider is not None:
        return
    for cell in history.suppressed:
        secret = [number for number in open_to_attack if is_inside(cell, history.elements[number])]
        content = [history.elements[number] for number in secret]
        if not secret or is_safe(content):
            continue
        merchants: defaultdict[int, float] = defaultdict(float)
        for number in secret:
            merchants[history.elements[number].merchant] += attacker.amounts[number]
        needed = max(merchants.values()) * 15 / 85 if len(merchants) < 3 else 1
        if attacker.width(secret) < needed - GRAM:
            yield f"{cell} is known to within {attacker.width(secret)} g, really {attacker.truth(secret)} g"


def assert_protected(history: History) -> None:
    assert list(breaches(history)) == []
    assert list(breaches(history, handed)) == []
    by_merchant: defaultdict[int, int] = defaultdict(int)
    for one in history.elements:
        by_merchant[one.merchant] += in_all(one)
    for insider in sorted(by_merchant, key=lambda merchant: by_merchant[merchant])[-2:]:
        assert list(breaches(history, insider=insider)) == []


def assert_broken(history: History) -> None:
    assert next(breaches(history), None) is not None


def test_an_attacker_bounds_no_secret_of_a_random_history(at_length: bool) -> None:
    for seed in range(SEEDS_AT_LENGTH if at_length else SEEDS):
        print(f"seed {seed}")  # noqa: T201 (to repeat it)
        elements = a_random_history(seed)
        history = published_history(elements)

        assert len(history.published) > 10
        assert_protected(history)
        assert_broken(unprotected_history(elements))


def test_an_attacker_bounds_no_secret_of_a_random_sparse_month(at_length: bool) -> None:
    for seed in range(SEEDS_AT_LENGTH if at_length else SEEDS):
        print(f"seed {seed}")  # noqa: T201 (to repeat it)
        elements = a_sparse_month(seed)

        assert_protected(published_history(elements))
        assert_broken(unprotected_history(elements))


@dataclass(frozen=True)
class Town:
    """Shops of one place: each has people of its own, who take the same amount each."""

    place: Place
    merchants: Sequence[int]
    each: int = 6
    known: Sequence[int] = ()
    category: str = "bakery"

    def on(self, number: int, merchants: Sequence[int] | None = None, place: Place | None = None) -> list[Element]:
        return [
            an_element(
                Shop(place or self.place, merchant, merchant in self.known),
                days(number + 1)[number],
                {merchant * 100 + person: 300 + 10 * merchant + 7 * number for person in range(self.each)},
                self.category,
            )
            for merchant in (self.merchants if merchants is None else merchants)
        ]


CITY = Town(Place(*ALSACE, "E1", "67482"), (1, 2, 3, 4))
VILLAGE = Town(Place(*ALSACE, "E1", "67043"), (5,))
FAR = Town(Place("REG-11", "DEP-75", "E9", "75056"), (6, 7, 8, 9))


def a_village_with_one_shop() -> list[Element]:
    return [*CITY.on(0), *VILLAGE.on(0), *FAR.on(0)]


def an_epci_across_departements() -> list[Element]:
    here, there = Town(Place(*ALSACE, "E2", "67001"), (11, 12, 13)), Town(Place(*VOSGES, "E2", "88001"), (14,))
    return [*here.on(0), *there.on(0), *Town(Place(*VOSGES, "E3", "88002"), (15, 16, 17)).on(0), *CITY.on(0)]


def a_category_of_one_shop() -> list[Element]:
    fish = Town(CITY.place, (5,), category="fish")
    return [*CITY.on(0), *fish.on(0), *FAR.on(0)]


def a_merchant_who_dominates() -> list[Element]:
    large = Town(CITY.place, (31,), each=90)
    return [*large.on(0), *Town(CITY.place, (32, 33)).on(0), *FAR.on(0)]


def a_village_of_known_shops_and_another() -> list[Element]:
    village = Town(VILLAGE.place, (41, 42, 43, 44), known=(41, 42, 43))
    return [*CITY.on(0), *village.on(0), *FAR.on(0)]


def zones_that_move() -> list[Element]:
    west, east = CITY.place._replace(zone="west"), CITY.place._replace(zone="east")
    moved = [*CITY.on(0, place=west), *FAR.on(0), *CITY.on(1, (1, 2, 3), west), *CITY.on(1, (4,), east), *FAR.on(1)]
    return [*moved, *Town(CITY.place._replace(zone="north"), (51, 52, 53)).on(1)]


def twenty_nine_days_of_thirty() -> list[Element]:
    """Return a month of a town of which all days but one can be published, so that its sum would tell that day."""
    elements = []
    for number in range(30):
        elements += [*CITY.on(number, (1,) if number == 17 else None), *FAR.on(number)]
    return elements


@pytest.mark.parametrize(
    "history",
    [
        a_village_with_one_shop,
        an_epci_across_departements,
        a_category_of_one_shop,
        a_merchant_who_dominates,
        a_village_of_known_shops_and_another,
        zones_that_move,
        twenty_nine_days_of_thirty,
    ],
)
def test_an_attacker_bounds_no_secret_of_a_treacherous_history(history: Callable[[], list[Element]]) -> None:
    elements = history()

    assert_protected(published_history(elements))
    assert_broken(unprotected_history(elements))


def without_the_rule_for_months(elements: Sequence[Element]) -> History:
    """Release days as usual, but every month that is safe by itself."""
    history = published_history(elements)
    dates = sorted({one.day for one in elements})
    months = {cell for cell in candidate_cells(elements, dates[0], dates[-1]) if is_safe(inside(cell, elements))}
    published = dict.fromkeys((*history.published, *months))
    return History(elements, tuple(published), tuple(cell for cell in history.suppressed if cell not in published))


def test_a_month_without_its_rule_tells_the_day_that_is_missing() -> None:
    assert_broken(without_the_rule_for_months(twenty_nine_days_of_thirty()))


def a_small_town_in_a_large_country() -> list[Element]:
    """Return a month of a town with two or three shops a day: no day of it may be published."""
    elements = []
    for number in range(12):
        town = Town(VILLAGE.place, (61, 62, 63), each=4)
        elements += [*town.on(number, ((61, 62), (61, 63), (62, 63))[number % 3]), *FAR.on(number)]
        elements += Town(Place(*ALSACE, "E1", "67044"), (71, 72, 73, 74)).on(number)
    return elements


def test_a_month_of_suppressed_days_is_published_and_tells_no_day() -> None:
    history = published_history(a_small_town_in_a_large_country())

    of_town = [cell for cell in history.published if cell.code == VILLAGE.place.commune]
    assert of_town
    assert all(cell.is_long for cell in of_town)
    assert_protected(history)


@pytest.mark.parametrize("seed", [11, 12])
def test_an_attacker_bounds_no_person_of_a_random_history(seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201 (to repeat it)
    history = published_history(a_random_history(seed, day_count=3))
    # The attacker even knows who went where, only not how much they took.
    takes = [
        (person, Element(one.place, one.day, one.category, one.merchant, {person: amounts}, known=one.known))
        for one in history.elements
        for person, amounts in one.people.items()
    ]
    attacker = Attacker(History([one for _, one in takes], history.published, ()), handed)
    secrets: defaultdict[int, list[int]] = defaultdict(list)
    for number, (person, _) in enumerate(takes):
        if not attacker.fixed[number]:
            secrets[person].append(number)

    for secret in list(secrets.values())[::4]:
        assert attacker.largest(secret) >= attacker.truth(secret) / 0.85 - GRAM
