"""Disclosure control: which figures of territories are published and which are suppressed."""

import random
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.territories.disclosure import (
    Cell,
    Element,
    Level,
    Place,
    Release,
    candidate_cells,
    released,
    whole_groups,
)
from tests.pure.disclosure_histories import (
    ALSACE,
    FIRST,
    Shop,
    a_random_history,
    a_sparse_month,
    an_element,
    day_atoms,
    days,
    grams,
    inside,
    is_safe,
    month_atoms,
    published_history,
)

TOWN = Place(*ALSACE, "246700488", "67482")
VILLAGE = Place(*ALSACE, "246700488", "67043")
FAR = Place("REG-11", "DEP-75", "200054781", "75056")

SEEDS = st.integers(0, 2**32)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def shops_of(place: Place, first_merchant: int, count: int = 3, each: int = 6, **more: object) -> list[Element]:
    """Return a day of some shops of different merchants, each with people of its own who take 500 g."""
    shop = {"category": "bakery", "day": FIRST, "known": False, "grams": 500} | more
    return [
        an_element(
            Shop(place, first_merchant + number, bool(shop["known"])),
            shop["day"],  # type: ignore[arg-type]
            {(first_merchant + number) * 100 + person: shop["grams"] for person in range(each)},  # type: ignore[misc]
            str(shop["category"]),
        )
        for number in range(count)
    ]


def cell(level: Level, code: str, category: str | None = None, day: date = FIRST, last: date | None = None) -> Cell:
    return Cell(level, code, day, last or day, category)


def a_day(elements: list[Element], day: date = FIRST) -> Release:
    return released(elements, candidate_cells(elements, day, day))


@FEW
@given(SEEDS)
def test_every_atom_of_the_days_is_safe(seed: int) -> None:
    elements = a_random_history(seed, day_count=3)
    published = published_history(elements).published

    for atom in day_atoms(elements, published):
        if not is_safe(atom):
            # A day unsafe for all of France is public already: nothing of it may be split off or be placed.
            assert atom == [one for one in elements if one.day == atom[0].day]
            assert not any(inside(each, atom) for each in published if each.level is not Level.COUNTRY)


@FEW
@given(SEEDS)
def test_no_days_less_months_leave_an_unsafe_rest(seed: int) -> None:
    """The sets that can be computed from days and months: days less month atoms that lie wholly in them."""
    elements = a_sparse_month(seed)
    published = published_history(elements).published
    rows = day_atoms(elements, published)
    columns = month_atoms(elements, published)
    day_of = {id(one): number for number, row in enumerate(rows) for one in row}
    choose = random.Random(seed)  # noqa: S311 (a test's dice)
    choices = [choose.sample(columns, choose.randint(1, len(columns))) for _ in range(150)]

    for taken in [*([column] for column in columns), *choices]:
        gone = {id(one) for column in taken for one in column}
        met = {day_of[number] for number in gone}
        rest = [one for number in met for one in rows[number] if id(one) not in gone]
        assert not rest or is_safe(rest)


@FEW
@given(SEEDS)
def test_every_published_cell_is_safe_by_itself(seed: int) -> None:
    history = published_history(a_random_history(seed, day_count=2))

    assert all(is_safe(inside(each, history.elements)) for each in history.published)


@FEW
@given(SEEDS)
def test_differences_of_published_nested_cells_are_safe_or_empty(seed: int) -> None:
    history = published_history(a_random_history(seed, day_count=2))
    contents = {frozenset(map(id, inside(each, history.elements))) for each in history.published}
    by_id = {id(one): one for one in history.elements}

    for larger in contents:
        for smaller in contents:
            if smaller < larger:
                assert is_safe([by_id[one] for one in larger - smaller])


@FEW
@given(SEEDS)
def test_published_totals_add_up_to_their_atoms(seed: int) -> None:
    history = published_history(a_random_history(seed, day_count=2))
    parts = day_atoms(history.elements, history.published)

    for each in (each for each in history.published if not each.is_long):
        met = [part for part in parts if inside(each, part)]
        assert grams(inside(each, history.elements)) == sum(map(grams, met))


@FEW
@given(SEEDS)
def test_a_release_does_not_depend_on_the_order_of_its_input(seed: int) -> None:
    elements = a_random_history(seed, day_count=2)
    first, last = elements[0].day, elements[-1].day
    candidates = sorted(candidate_cells(elements, first, last) | candidate_cells(elements, first, first), key=repr)
    before = candidates[::7]
    other_way = random.Random(seed)  # noqa: S311 (a test's dice)

    expected = released(elements, candidates, before)
    for shuffled in (elements, candidates, before):
        other_way.shuffle(shuffled)

    assert released(elements, candidates, before) == expected


@FEW
@given(SEEDS)
def test_each_cell_with_a_shop_is_either_published_or_suppressed(seed: int) -> None:
    elements = a_random_history(seed, day_count=1)
    candidates = candidate_cells(elements, FIRST, FIRST)
    nowhere = cell(Level.COMMUNE, "97101")

    release = released(elements, {*candidates, nowhere})

    assert sorted(release.published + release.suppressed, key=repr) == sorted(candidates, key=repr)


def test_a_territory_with_one_shop_and_one_beneficiary_publishes_nothing() -> None:
    release = a_day([an_element(Shop(TOWN, 1), FIRST, {1: 500})])

    assert release.published == ()
    assert cell(Level.COMMUNE, "67482") in release.suppressed
    assert cell(Level.COUNTRY, "FR") in release.suppressed


def test_one_shop_and_one_beneficiary_are_hidden_among_the_others() -> None:
    alone = an_element(Shop(VILLAGE, 1), FIRST, {1: 500})
    release = a_day([alone, *shops_of(TOWN, 10)])

    assert cell(Level.EPCI, "246700488") in release.published
    assert cell(Level.COMMUNE, "67043") in release.suppressed
    # The EPCI less the town would be the village.
    assert cell(Level.COMMUNE, "67482") in release.suppressed


def test_two_communes_that_are_large_enough_are_both_published() -> None:
    release = a_day([*shops_of(TOWN, 10), *shops_of(VILLAGE, 20)])

    assert release.suppressed == ()
    assert {cell(Level.COMMUNE, "67482"), cell(Level.COMMUNE, "67043")} <= set(release.published)


@pytest.mark.parametrize(("each", "published"), [(4, True), (3, False)])
def test_a_cell_needs_eleven_people(each: int, published: bool) -> None:
    release = a_day(shops_of(TOWN, 10, each=each))

    assert (cell(Level.COMMUNE, "67482") in release.published) is published


def test_two_shops_of_one_merchant_count_once() -> None:
    two_merchants = [*shops_of(TOWN, 10, count=2), *shops_of(TOWN, 10, count=1, each=8)]

    assert a_day(two_merchants).published == ()


@pytest.mark.parametrize(("kilos", "published"), [(56, True), (57, False)])
def test_a_merchant_above_85_percent_suppresses_its_cell(kilos: int, published: bool) -> None:
    # The second merchant has 5 kg and the third 10 kg: without the third the first may have 85 %.
    large = an_element(Shop(TOWN, 1), FIRST, {person: kilos * 100 for person in range(10)})
    others = [
        an_element(Shop(TOWN, 2), FIRST, {person: 500 for person in range(20, 40)}),
        an_element(Shop(TOWN, 3), FIRST, {person: 500 for person in range(40, 60)}),
    ]

    release = a_day([large, *others])

    assert (cell(Level.COMMUNE, "67482") in release.published) is published


def test_a_second_merchant_cannot_compute_a_dominant_one() -> None:
    # 85 % of the whole exactly, but the second merchant knows its own 14 %.
    shares = {1: 8500, 2: 1400, 3: 100}
    elements = [
        an_element(Shop(TOWN, merchant), FIRST, {merchant * 100 + person: grams for person in range(10)})
        for merchant, grams in shares.items()
    ]

    assert a_day(elements).published == ()


def test_one_person_above_85_percent_suppresses_their_cell() -> None:
    elements = shops_of(TOWN, 10, each=4)
    elements.append(an_element(Shop(TOWN, 10), FIRST, {1: 80_000}))

    assert a_day(elements).published == ()


def test_known_shops_hide_nobody() -> None:
    elements = [*shops_of(TOWN, 10, known=True), *shops_of(TOWN, 20, count=1)]

    assert a_day(elements).published == ()


def test_a_cell_of_known_shops_alone_is_published() -> None:
    assert cell(Level.COMMUNE, "67482") in a_day(shops_of(TOWN, 10, known=True)).published


def test_food_that_was_collected_hides_nobody() -> None:
    elements = [an_element(Shop(TOWN, 1), FIRST, {1: 500, 2: 500}), *shops_of(TOWN, 10, count=2)]
    elements += [an_element(Shop(TOWN, merchant), FIRST, {}, collected=100_000) for merchant in (30, 31, 32)]

    assert cell(Level.COMMUNE, "67482") in a_day(elements).published
    assert a_day(elements[1:]).published == ()  # two merchants with people are left


def test_a_category_sold_by_one_shop_suppresses_itself_and_no_total() -> None:
    fish = shops_of(TOWN, 30, count=1, category="fish")
    release = a_day([*shops_of(TOWN, 10), *fish])

    assert cell(Level.COMMUNE, "67482") in release.published
    assert cell(Level.COMMUNE, "67482", "fish") in release.suppressed
    assert cell(Level.COMMUNE, "67482", "bakery") in release.suppressed  # the total less bakery would be fish


def test_an_epci_across_departements_is_not_told_by_them() -> None:
    here, there = Place("REG-44", "DEP-67", "E", "67001"), Place("REG-44", "DEP-88", "E", "88001")
    elements = [
        *shops_of(here, 10), *shops_of(there, 20, count=1),
        *shops_of(Place("REG-44", "DEP-88", "F", "88002"), 30),
        *shops_of(Place("REG-44", "DEP-67", "G", "67002"), 40),
    ]  # fmt: skip
    release = a_day(elements)

    assert {cell(Level.DEPARTMENT, "DEP-67"), cell(Level.DEPARTMENT, "DEP-88")} <= set(release.published)
    # Its part in DEP-88 is one shop.
    assert cell(Level.EPCI, "E") in release.suppressed


def test_a_month_does_not_tell_its_only_suppressed_day() -> None:
    monday, tuesday = days(2)
    elements = [
        *shops_of(TOWN, 10, day=monday), *shops_of(FAR, 40, day=monday),
        *shops_of(TOWN, 10, count=1, day=tuesday), *shops_of(FAR, 40, day=tuesday),
    ]  # fmt: skip
    before = a_day([one for one in elements if one.day == monday], monday).published
    before += a_day([one for one in elements if one.day == tuesday], tuesday).published
    assert cell(Level.COMMUNE, "67482", day=monday) in before
    assert cell(Level.COMMUNE, "67482", day=tuesday) not in before

    release = released(elements, candidate_cells(elements, monday, tuesday), before)

    assert cell(Level.COMMUNE, "67482", day=monday, last=tuesday) in release.suppressed
    assert cell(Level.COUNTRY, "FR", day=monday, last=tuesday) in release.published


def test_a_month_of_published_days_is_published() -> None:
    monday, tuesday = days(2)
    elements = [one for day in (monday, tuesday) for one in (*shops_of(TOWN, 10, day=day), *shops_of(FAR, 40, day=day))]
    before = [each for day in (monday, tuesday) for each in a_day([e for e in elements if e.day == day], day).published]

    release = released(elements, candidate_cells(elements, monday, tuesday), before)

    assert cell(Level.COMMUNE, "67482", day=monday, last=tuesday) in release.published


def test_a_month_of_suppressed_days_is_published_if_a_city_covers_them() -> None:
    dates = days(6)
    elements = [one for day in dates for one in shops_of(FAR, 40, count=5, day=day)]
    for number, day in enumerate(dates):
        elements += shops_of(TOWN, 10 + number % 3, count=1, day=day)
    before = [each for day in dates for each in a_day([one for one in elements if one.day == day], day).published]
    assert not [each for each in before if each.code == "67482"]

    release = released(elements, candidate_cells(elements, dates[0], dates[-1]), before)

    assert cell(Level.COMMUNE, "67482", day=dates[0], last=dates[-1]) in release.published
    assert cell(Level.COMMUNE, "75056", day=dates[0], last=dates[-1]) in release.published


def test_a_day_too_small_for_france_is_published_nowhere() -> None:
    monday, tuesday = days(2)
    elements = [*shops_of(TOWN, 10, count=2, day=monday), *shops_of(TOWN, 10, day=tuesday)]

    release = released(elements, candidate_cells(elements, monday, tuesday))

    # France's total is public as the sum of two public days; that all of Monday was in this town is not.
    assert release.published == (cell(Level.COUNTRY, "FR", day=monday, last=tuesday),)


def test_without_daily_totals_nothing_is_asked_of_the_rest() -> None:
    elements = [*shops_of(TOWN, 10), *shops_of(FAR, 40, count=1)]
    candidates = [cell(Level.COMMUNE, "67482")]

    assert released(elements, candidates).published == ()
    assert released(elements, candidates, daily_totals_told=False).published == tuple(candidates)


def test_without_daily_totals_an_earlier_total_protects_the_rest() -> None:
    elements = [*shops_of(TOWN, 10), *shops_of(FAR, 40, count=1)]

    release = released(elements, [cell(Level.COMMUNE, "67482")], [cell(Level.COUNTRY, "FR")], daily_totals_told=False)

    assert release.published == ()


def test_the_dominance_rule_holds_for_each_measure() -> None:
    elements = [
        Element(TOWN, FIRST, "bakery", merchant, {merchant * 100 + person: (500, cents) for person in range(5)})
        for merchant, cents in ((1, 20_000), (2, 100), (3, 100))
    ]

    assert a_day(elements).published == ()


def test_people_are_told_in_whole_groups_of_eleven() -> None:
    assert [whole_groups(people) for people in (0, 10, 11, 21, 22)] == [0, 0, 11, 11, 22]


@pytest.mark.parametrize("people", [{1: (0,)}, {1: (-1,)}, {1: (1,), 2: (1, 2)}])
def test_amounts_that_cannot_be_are_refused(people: dict[int, tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="amounts"):
        released([Element(TOWN, FIRST, "bakery", 1, people)], [])


def test_no_handovers_give_an_empty_release() -> None:
    assert released([], [cell(Level.COUNTRY, "FR")]) == Release((), ())
