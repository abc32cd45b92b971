"""Disclosure control: decide which figures of territories may be published, so that no subtraction tells about a few.

The words are those of the Handbook on Statistical Disclosure Control (Eurostat's ESSnet SDC, 2nd edition, chapter 4,
https://sdctools.github.io/HandbookSDC/).

*Primary suppression* leaves out a cell that is too small by itself. A set of handovers is *safe* if
  - at least 11 distinct people stand behind it (threshold rule),
  - at least 3 distinct merchants do. Merchants are counted by SIREN, not shops by SIRET: two shops of one company could
    add up what they know, and would learn the third shop's figures by one subtraction;
  - no merchant and no person has more than 85 % of what is left when any one other contributor takes its own figures
    away. That is a dominance rule in the form of the handbook's p% rule, which it prefers: with "85 % of the whole"
    alone, a merchant with 14 % would know the one with 85 % to within one hundredth. It implies 85 % of the whole;
  - all this also holds for the handovers of shops whose figures nobody knows from elsewhere, or there are none.
    A *known* shop shows its impact publicly or is named in a fund's statement. Its figures can be subtracted, so they
    hide nobody. Food that was collected has nobody behind it and hides nobody either: the handovers alone must pass.

*Secondary suppression* leaves out a cell because others would tell it. Here it is not a repair afterwards but the only
way to publish: **every published figure is a sum of whole atoms, and every atom is safe.** The atoms are disjoint sets
of handovers. At first there is one for each day: all of France, because two readings of `GET /v1/impact` at two
midnights tell it. To publish a cell is to split every atom that it meets in two. It is published only if all parts of
those atoms are safe, otherwise it is suppressed.

Why this is enough: each published figure is a sum of whole atoms, so whatever somebody adds and subtracts is again a
sum of multiples of whole atoms. Within an atom no combination tells one part from another. So the most that can be
learned exactly is the total of each atom, and that is safe. Unions of safe atoms are safe too: they have no fewer
people and merchants, and whoever has at most 85 % in each atom has at most 85 % of the sum. All territories,
categories, days and months are cells of the same kind, so nothing depends on how they are nested, and an EPCI may
cross départements.

Later releases respect earlier ones: `before` holds the cells that are public, and the atoms are built from them first.
A month is therefore published only if it can be split off from every day's atoms. Sums of published cells may always be
shown, since they tell nothing new.

Two rules follow from what is public anyway. An unsafe atom of France (a day with one handover) is public already: it is
never split, and no cell that contains it is published, because its place would be told. France's own totals are sums of
such atoms, so they tell nothing new, and they are published if they are safe as a whole.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from heapq import nlargest
from typing import NamedTuple

PEOPLE = 11
MERCHANTS = 3
LARGEST_PERCENT = 85


class Level(IntEnum):
    """The kinds of territories, from large to small."""

    COUNTRY = 0
    REGION = 1
    DEPARTMENT = 2
    EPCI = 3
    COMMUNE = 4
    ARRONDISSEMENT = 5
    ZONE = 6


class Place(NamedTuple):
    """The codes of the territories that a shop is in on a day; None where it is in none of that kind."""

    region: str | None
    department: str | None
    epci: str | None
    commune: str | None
    arrondissement: str | None = None
    zone: str | None = None

    def code(self, level: Level) -> str | None:
        return "FR" if level is Level.COUNTRY else self[level - 1]


class Cell(NamedTuple):
    """One figure of the tables: a territory, a period of whole days, and a category (None: all together)."""

    level: Level
    code: str
    first_day: date
    last_day: date
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """What one shop handed over on one day in one category.

    `people` holds what each person took. Every amount is a tuple of the measures that are published together, such as
    `(grams,)` or `(grams, cents)`: the dominance rule is applied to each. The first must be positive for each person.
    `collected` is what left without a person behind it.
    """

    place: Place
    day: date
    category: str
    merchant: int  # SIREN
    people: Mapping[int, tuple[int, ...]]
    collected: tuple[int, ...] = ()
    known: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """The cells that may be published, and those that are suppressed; in the order in which they were decided.

    Why a cell is suppressed is not said: that alone would tell how many stand behind it.
    """

    published: tuple[Cell, ...]
    suppressed: tuple[Cell, ...]


def candidate_cells(elements: Iterable[Element], first_day: date, last_day: date) -> set[Cell]:
    """Return every cell of a period that has a shop: all territories, with all categories together and each one."""
    return {
        Cell(level, code, first_day, last_day, category)
        for place, of_category in {(one.place, one.category) for one in elements if first_day <= one.day <= last_day}
        for level in Level
        if (code := place.code(level)) is not None
        for category in (None, of_category)
    }


def whole_groups(people: int) -> int:
    """Return a number of people in whole groups of eleven, rounded down."""
    return people // PEOPLE * PEOPLE


def released(
    elements: Sequence[Element],
    candidates: Iterable[Cell],
    before: Iterable[Cell] = (),
    *,
    daily_totals_told: bool = True,
) -> Release:
    """Decide which candidate cells may be published, given those that already are.

    `elements` must be all elements of every period that `candidates` has, and of the periods in `before` that overlap
    them, as they were when those were published. `before` may hold other periods, which are ignored.
    `daily_totals_told` says whether `GET /v1/impact` tells the total of each day. Without it nobody knows the total of
    what is outside all published cells, so nothing is asked of that rest.

    The order is fixed: days before months, totals before single categories, large levels before small ones, within a
    level more food before less, then the code. Candidates without any element are in neither list.
    Raises `ValueError` if amounts have different lengths or a person took nothing.
    """
    partition = _Partition(_grains(elements), before, daily_totals_told)
    published: list[Cell] = []
    suppressed: list[Cell] = []
    for cell, grains in partition.in_order(set(candidates)):
        (published if partition.publish(cell, grains) else suppressed).append(cell)
    return Release(tuple(published), tuple(suppressed))


class _Sums:
    """Sums by contributor in several dimensions: people, merchants at the counter, merchants in all; each by measure.

    `largest` holds the two largest sums of each dimension, or more than them: sums only shrink when parts are taken
    away, so they are counted again only when they decide.
    """

    __slots__ = ("by", "largest", "measures", "totals")

    def __init__(self, measures: int) -> None:
        self.measures = measures
        self.by: list[dict[int, int]] = [{} for _ in range(3 * measures)]
        self.totals = [0] * (3 * measures)
        self.largest: list[tuple[int, int]] | None = None

    def add(self, dimension: int, contributor: int, amount: int) -> None:
        if amount:
            sums = self.by[dimension]
            sums[contributor] = sums.get(contributor, 0) + amount
            self.totals[dimension] += amount

    def add_all(self, other: "_Sums") -> None:
        for dimension, (mine, theirs) in enumerate(zip(self.by, other.by, strict=True)):
            self.totals[dimension] += other.totals[dimension]
            for contributor, amount in theirs.items():
                mine[contributor] = mine.get(contributor, 0) + amount

    def remove(self, part: "_Sums") -> None:
        for dimension, (mine, theirs) in enumerate(zip(self.by, part.by, strict=True)):
            self.totals[dimension] -= part.totals[dimension]
            for contributor, amount in theirs.items():
                left = mine[contributor] - amount
                if left:
                    mine[contributor] = left
                else:
                    del mine[contributor]

    def safe(self) -> bool:
        """Return whether enough people and merchants stand behind it and nobody dominates."""
        if len(self.by[0]) < PEOPLE or len(self.by[self.measures]) < MERCHANTS:
            return False
        return all(_undominated(total, *largest) for total, largest in zip(self.totals, self._largest(), strict=True))

    def safe_without(self, part: "_Sums") -> bool:
        """Return whether it is safe once a part of it is taken away, without doing so."""
        for dimension, least in ((0, PEOPLE), (self.measures, MERCHANTS)):
            mine = self.by[dimension]
            gone = sum(mine[contributor] == amount for contributor, amount in part.by[dimension].items())
            if len(mine) - gone < least:
                return False
        for dimension, at_most in enumerate(self._largest()):
            total = self.totals[dimension] - part.totals[dimension]
            if not _undominated(total, *at_most):
                taken = part.by[dimension]
                left = (amount - taken.get(contributor, 0) for contributor, amount in self.by[dimension].items())
                if not _undominated(total, *_two_largest(left)):
                    return False
        return True

    def _largest(self) -> list[tuple[int, int]]:
        if self.largest is None:
            self.largest = [_two_largest(sums.values()) for sums in self.by]
        return self.largest


def _two_largest(amounts: Iterable[int]) -> tuple[int, int]:
    first, second = (*nlargest(2, amounts), 0, 0)[:2]
    return first, second


def _undominated(total: int, first: int, second: int) -> bool:
    """Return whether the largest contributor stays within 85 % when the second one takes its own figures away."""
    return total > 0 and 100 * first <= LARGEST_PERCENT * (total - second)


@dataclass(slots=True)
class _Part:
    """A set of elements: the sums of all of them, and apart those of known shops."""

    all: _Sums
    known: _Sums
    elements: int = 0
    known_elements: int = 0

    @classmethod
    def empty(cls, measures: int) -> "_Part":
        return cls(_Sums(measures), _Sums(measures))

    def add(self, element: Element) -> None:
        measures = self.all.measures
        self.elements += 1
        self.known_elements += element.known
        for sums in (self.all, self.known) if element.known else (self.all,):
            for person, amounts in element.people.items():
                for measure, amount in enumerate(amounts):
                    sums.add(measure, person, amount)
                    sums.add(measures + measure, element.merchant, amount)
                    sums.add(2 * measures + measure, element.merchant, amount)
            for measure, amount in enumerate(element.collected):
                sums.add(2 * measures + measure, element.merchant, amount)

    def add_all(self, other: "_Part") -> None:
        self.elements += other.elements
        self.all.add_all(other.all)
        if other.known_elements:
            self.known_elements += other.known_elements
            self.known.add_all(other.known)

    def remove(self, part: "_Part") -> None:
        self.elements -= part.elements
        self.all.remove(part.all)
        if part.known_elements:
            self.known_elements -= part.known_elements
            self.known.remove(part.known)

    def safe(self) -> bool:
        """Return whether it is safe, with the known shops and without them."""
        return self.all.safe() and (self.known_elements in (0, self.elements) or self.all.safe_without(self.known))

    def safe_without(self, part: "_Part") -> bool:
        """Return whether it is safe, with the known shops and without them, once a part of it is taken away."""
        if not self.all.safe_without(part.all):
            return False
        known_left = self.known_elements - part.known_elements
        if known_left in (0, self.elements - part.elements):
            return True
        taken = _Sums(self.all.measures)
        taken.add_all(part.all)
        taken.add_all(self.known)
        taken.remove(part.known)
        return self.all.safe_without(taken)


@dataclass(slots=True)
class _Grain:
    """The elements of one place, day and category, which no cell tells apart."""

    place: Place
    day: date
    category: str
    part: _Part
    atom: int = -1


@dataclass(slots=True)
class _Atom:
    """Grains that no published cell tells apart. `told`: whether somebody can compute its total."""

    part: _Part
    told: bool
    grains: int = 0
    safe: bool | None = field(default=None)


def _grains(elements: Sequence[Element]) -> list[_Grain]:
    measures = max((len(amounts) for one in elements for amounts in (one.collected, *one.people.values())), default=1)
    grains: dict[tuple[Place, date, str], _Grain] = {}
    for one in elements:
        for amounts in one.people.values():
            if len(amounts) != measures or amounts[0] <= 0 or min(amounts) < 0:
                raise ValueError(f"amounts of a person must be {measures}, the first above 0: {amounts}")
        if one.collected and (len(one.collected) != measures or min(one.collected) < 0):
            raise ValueError(f"amounts collected must be {measures} and not below 0: {one.collected}")
        key = (one.place, one.day, one.category)
        grain = grains.get(key)
        if grain is None:
            grain = grains[key] = _Grain(*key, _Part.empty(max(measures, 1)))
        grain.part.add(one)
    return list(grains.values())


class _Partition:
    """The atoms that the published cells leave, and the attempt to publish another one."""

    def __init__(self, grains: list[_Grain], before: Iterable[Cell], daily_totals_told: bool) -> None:
        self.grains = grains
        self.measures = grains[0].part.all.measures if grains else 1
        self.daily_totals_told = daily_totals_told
        cells = _Cells(before)
        self.atoms: list[_Atom] = []
        numbers: dict[tuple[object, ...], int] = {}
        for grain in grains:
            signature = (grain.day if daily_totals_told else None, *cells.around(grain))
            number = numbers.setdefault(signature, len(self.atoms))
            if number == len(self.atoms):
                told = daily_totals_told or len(signature) > 1
                self.atoms.append(_Atom(_Part.empty(self.measures), told))
            self._move(grain, number)
        for grain in grains:
            self.atoms[grain.atom].part.add_all(grain.part)

    def in_order(self, candidates: set[Cell]) -> Iterator[tuple[Cell, list[_Grain]]]:
        """Yield the candidates that have a shop, with their grains, in the order in which they are decided."""
        cells = _Cells(candidates)
        inside: defaultdict[Cell, list[_Grain]] = defaultdict(list)
        for grain in self.grains:
            for cell in cells.around(grain):
                inside[cell].append(grain)
        food = {cell: sum(grain.part.all.totals[2 * self.measures] for grain in each) for cell, each in inside.items()}

        def rank(cell: Cell) -> tuple[object, ...]:
            is_long = cell.first_day != cell.last_day
            return (is_long, cell.category is not None, cell.level, -food[cell], cell.code, cell.category or "", cell)

        for cell in sorted(inside, key=rank):
            yield cell, inside[cell]

    def publish(self, cell: Cell, grains: list[_Grain]) -> bool:
        """Split the atoms that a cell meets if all their parts are safe; return whether they are."""
        by_atom: defaultdict[int, list[_Grain]] = defaultdict(list)
        for grain in grains:
            by_atom[grain.atom].append(grain)
        if self.daily_totals_told and cell.level is Level.COUNTRY and cell.category is None:
            # The total of every atom is public, and these are all atoms of the period.
            return self._sum(grains).safe()

        whole = [number for number, inside in by_atom.items() if len(inside) == self.atoms[number].grains]
        split = [(number, inside) for number, inside in by_atom.items() if len(inside) < self.atoms[number].grains]
        # Most refusals are seen here, before anything is added up.
        for _, inside in split:
            if sum(len(grain.part.all.by[0]) for grain in inside) < PEOPLE:
                return False
            if sum(len(grain.part.all.by[self.measures]) for grain in inside) < MERCHANTS:
                return False
        if not all(self._is_safe(number) for number in whole):
            return False
        parts = []
        for number, inside in sorted(split, key=lambda one: len(one[1])):
            part = self._sum(inside)
            atom = self.atoms[number]
            if not part.safe() or (atom.told and not atom.part.safe_without(part)):
                return False
            parts.append((atom, inside, part))
        for atom, inside, part in parts:
            atom.part.remove(part)
            atom.grains -= len(inside)
            atom.safe = True if atom.told else None
            self.atoms.append(_Atom(part, told=True, safe=True))
            for grain in inside:
                self._move(grain, len(self.atoms) - 1)
        for number in whole:
            self.atoms[number].told = True
        return True

    def _is_safe(self, number: int) -> bool:
        atom = self.atoms[number]
        if atom.safe is None:
            atom.safe = atom.part.safe()
        return atom.safe

    def _sum(self, grains: list[_Grain]) -> _Part:
        part = _Part.empty(self.measures)
        for grain in grains:
            part.add_all(grain.part)
        return part

    def _move(self, grain: _Grain, number: int) -> None:
        grain.atom = number
        self.atoms[number].grains += 1


class _Cells:
    """Cells, found by what they contain."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        self.of_a_day: dict[tuple[Level, str, str | None, date], Cell] = {}
        self.longer: defaultdict[tuple[Level, str, str | None], list[Cell]] = defaultdict(list)
        for cell in set(cells):
            if cell.first_day == cell.last_day:
                self.of_a_day[cell.level, cell.code, cell.category, cell.first_day] = cell
            else:
                self.longer[cell.level, cell.code, cell.category].append(cell)

    def around(self, grain: _Grain) -> Iterator[Cell]:
        """Yield the cells that contain a grain."""
        for level in Level:
            code = grain.place.code(level)
            if code is not None:
                for category in (None, grain.category):
                    cell = self.of_a_day.get((level, code, category, grain.day))
                    if cell is not None:
                        yield cell
                    for cell in self.longer.get((level, code, category), ()):
                        if cell.first_day <= grain.day <= cell.last_day:
                            yield cell
