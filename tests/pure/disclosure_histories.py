"""Invented histories of handovers for the tests of disclosure control, and the rule written down a second time."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

from backend.territories.disclosure import Cell, Element, Level, Place, candidate_cells, released

FIRST = date(2026, 11, 2)
ALSACE, VOSGES = ("REG-44", "DEP-67"), ("REG-44", "DEP-88")


def days(count: int) -> list[date]:
    return [FIRST + timedelta(number) for number in range(count)]


@dataclass(frozen=True)
class Shop:
    place: Place
    merchant: int
    known: bool = False


def an_element(
    shop: Shop, day: date, people: Mapping[int, int], category: str = "bakery", collected: int = 0
) -> Element:
    taken = {person: (grams,) for person, grams in people.items()}
    return Element(shop.place, day, category, shop.merchant, taken, (collected,) if collected else (), shop.known)


def a_random_history(seed: int, day_count: int = 4) -> list[Element]:
    """Return the handovers of four EPCI with 30 shops or so: one EPCI crosses départements, a commune has zones.

    Some communes have one shop, some merchants two shops, some shops are known or closed on a day, people come again,
    food is collected, and the border between two zones moves in the middle.
    """
    chance = random.Random(seed)  # noqa: S311 (a test's dice)
    communes = [
        Place(*ALSACE, "E1", "67001"), Place(*ALSACE, "E1", "67002"), Place(*ALSACE, "E2", "67003"),
        Place(*VOSGES, "E2", "88001"), Place(*VOSGES, "E3", "88002"), Place(*VOSGES, "E3", "88003"),
        Place("REG-11", "DEP-75", "E4", "75056", "75101"), Place("REG-11", "DEP-75", "E4", "75056", "75102"),
    ]  # fmt: skip
    shops: list[Shop] = []
    for place in communes:
        for _ in range(chance.choice([1, 2, 3, 4, 5, 7])):
            merchant = chance.choice(shops).merchant if shops and chance.random() < 0.1 else 1000 + len(shops)
            zone = chance.choice(["west", "east"]) if place.commune == "67001" else None
            shops.append(Shop(place._replace(zone=zone), merchant, chance.random() < 0.15))
    elements = []
    for number, day in enumerate(days(day_count)):
        for shop in shops:
            if chance.random() < 0.15:
                continue
            if shop.place.zone and number == day_count // 2 and chance.random() < 0.5:
                shop = Shop(shop.place._replace(zone="north"), shop.merchant, shop.known)
            for category in chance.sample(["bakery", "dairy", "fish"], chance.choice([1, 2, 2, 3])):
                size = chance.choice([1, 1, 1, 8])
                people = {chance.randrange(400): size * chance.randrange(200, 2000) for _ in range(chance.randrange(7))}
                elements.append(an_element(shop, day, people, category, chance.choice([0, 0, 0, 2500])))
    return elements


def a_sparse_month(seed: int) -> list[Element]:
    """Return a week of a city and of small towns with few shops a day, whose days are suppressed and whose week is not.

    The city's shops are larger or smaller than the towns', closed on some days or not, in the same EPCI or another.
    """
    chance = random.Random(seed)  # noqa: S311 (a test's dice)
    towns = [
        Place(*ALSACE, "E1", "67000"), Place(*ALSACE, chance.choice(["E1", "E2"]), "67001"),
        Place(*ALSACE, "E2", "67002"), Place(*VOSGES, chance.choice(["E2", "E3"]), "88001"),
        Place(*VOSGES, "E3", "88002"),
    ]  # fmt: skip
    known = chance.choice([0, 0, 0.2])
    shops = [
        (
            Shop(place, 100 * number + shop, chance.random() < known),
            chance.choice([0.4, 0.6, 0.9, 1]) if number else 0.9,
        )
        for number, place in enumerate(towns)
        for shop in range(chance.choice([2, 3, 4, 5]) if number else chance.choice([4, 6, 8]))
    ]
    city = chance.choice([1, 3])
    elements = []
    for day in days(chance.choice([4, 6, 8])):
        for shop, is_open in shops:
            if chance.random() < is_open:
                size = city if shop.merchant < 100 else chance.choice([1, 1, 1, 4])
                people = {
                    chance.randrange(300): size * chance.randrange(200, 1500) for _ in range(chance.randint(1, 6))
                }
                elements.append(an_element(shop, day, people, chance.choice(["bakery", "bakery", "fish"])))
    return elements


@dataclass(frozen=True)
class History:
    """The figures that are published day by day, then for the whole period, and what is suppressed."""

    elements: Sequence[Element]
    published: tuple[Cell, ...]
    suppressed: tuple[Cell, ...]


def published_history(elements: Sequence[Element]) -> History:
    """Release each day by itself and then the whole period."""
    published: list[Cell] = []
    suppressed: list[Cell] = []
    dates = sorted({one.day for one in elements})
    for day in dates:
        of_day = [one for one in elements if one.day == day]
        release = released(of_day, candidate_cells(of_day, day, day))
        published += release.published
        suppressed += release.suppressed
    release = released(elements, candidate_cells(elements, dates[0], dates[-1]), published)
    return History(elements, (*published, *release.published), (*suppressed, *release.suppressed))


def unprotected_history(elements: Sequence[Element]) -> History:
    """Publish each cell that is safe by itself, with primary suppression alone."""
    dates = sorted({one.day for one in elements})
    cells = {cell for day in dates for cell in candidate_cells(elements, day, day)}
    cells |= candidate_cells(elements, dates[0], dates[-1])
    safe = {cell for cell in cells if is_safe(inside(cell, elements))}
    return History(elements, tuple(sorted(safe, key=repr)), tuple(sorted(cells - safe, key=repr)))


def is_inside(cell: Cell, one: Element) -> bool:
    return (
        cell.first_day <= one.day <= cell.last_day
        and one.place.code(cell.level) == cell.code
        and cell.category in (None, one.category)
    )


def inside(cell: Cell, elements: Iterable[Element]) -> list[Element]:
    return [one for one in elements if is_inside(cell, one)]


def grams(elements: Iterable[Element]) -> int:
    return sum(handed(one) + sum(one.collected) for one in elements)


def handed(one: Element) -> int:
    return sum(amounts[0] for amounts in one.people.values())


def is_safe(elements: Sequence[Element]) -> bool:
    """Return whether elements may be told, by the rule as it is worded: with and without the known shops."""
    unknown = [one for one in elements if not one.known]
    return _passes(elements) and (not unknown or _passes(unknown))


def _passes(elements: Sequence[Element]) -> bool:
    people: Counter[int] = Counter()
    at_the_counter: Counter[int] = Counter()
    in_all: Counter[int] = Counter()
    for one in elements:
        for person, amounts in one.people.items():
            people[person] += amounts[0]
            at_the_counter[one.merchant] += amounts[0]
        in_all[one.merchant] += handed(one) + sum(one.collected)
    return (
        len(people) >= 11
        and sum(amount > 0 for amount in at_the_counter.values()) >= 3
        and not any(is_dominated(sums) for sums in (people, at_the_counter, in_all))
    )


def is_dominated(sums: Mapping[int, int]) -> bool:
    """Return whether somebody has more than 85 % of what is left when another takes its own away."""
    total = sum(sums.values())
    return any(
        sums[one] > 0.85 * (total - sums[other]) or sums[other] > 0.85 * (total - sums[one])
        for one, other in combinations(sums, 2)
    )


def day_atoms(elements: Sequence[Element], published: Iterable[Cell]) -> list[list[Element]]:
    """Return the elements that no published cell of a day and no day's total of France tells apart, group by group."""
    return _groups(elements, [cell for cell in published if not cell.is_long], lambda one: one.day)


def month_atoms(elements: Sequence[Element], published: Iterable[Cell]) -> list[list[Element]]:
    """Return the elements that no published cell of a longer period tells apart, group by group."""
    return _groups(elements, [cell for cell in published if cell.is_long], lambda _: None)


def _groups(
    elements: Sequence[Element], cells: Sequence[Cell], apart: Callable[[Element], object]
) -> list[list[Element]]:
    groups: defaultdict[tuple[object, ...], list[Element]] = defaultdict(list)
    by_code: defaultdict[tuple[Level, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        by_code[cell.level, cell.code].append(cell)
    for one in elements:
        around = [
            cell
            for level in Level
            if (code := one.place.code(level)) is not None
            for cell in by_code[level, code]
            if is_inside(cell, one)
        ]
        groups[apart(one), *around].append(one)
    return list(groups.values())
