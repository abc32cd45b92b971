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
    A *known* shop shows its impact publicly. What a shop gave and a fund pays for is known by its statements, and
    is an element apart from what it sold. Known figures can be subtracted, so they hide nobody. Food that was collected
    has nobody behind it and hides nobody either: the handovers alone must pass.

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

**Months** do not ask that each of their days can be split off: the sum of a month does not tell its days. They have a
second partition, of *month atoms*, one of all France at first. What is public are the sums of the daily atoms and of
the month atoms, and nothing else. A daily atom that meets several month atoms is *mixed*, and what two atoms have in
common is a *piece*. To publish a cell of a month is to split the month atoms that it meets. It is allowed if then
  (a) each mixed daily atom has a safe piece, its *cover* (the piece with most food). Without any two contributors the
      cover outweighs each contributor of the whole day, by twice what the dominance rule asks;
  (b) for each month atom and each other month atom that covers one of its mixed days: what the first did on the days
      on which the second was active is safe, and outweighs in the same way each contributor of its mixed days.
Both must also hold for the unknown shops alone.

Why this is enough: a set of handovers can be computed from the sums only if it is the sum of some days D less some
month atoms J that lie wholly in D (in the table of days by month atoms this is a directed cut; other combinations give
sums of such sets). Take a piece that is left: of day d and of month atom j, not in J. If d is not mixed, all of d is
left, and is safe. If d's cover is not in J, the cover is left too and hides it, by (a). If it is in J, all its days are
in D, so what j did on all these days is left, and hides it, by (b). So all that is left lies in or beside safe parts
that are left: enough people and merchants, and twice the weight against dominance, since a part may serve both as a
cover and as what j did. So no unsafe set can be computed. Nor is any contributor confined: its amounts on any days may
be larger by 15/85 if those of others in the same pieces, covers and month atoms are smaller, and all public sums stay.
One table of days and one of months is all there is, so periods of other lengths must not be published beside them.

Later releases respect earlier ones: `before` holds the cells that are public, and the atoms are built from them first.
Sums of published cells may always be shown, since they tell nothing new.

Two rules follow from what is public anyway. An unsafe atom of France (a day with one handover) is public already: it is
never split, and no cell that contains it is published, because its place would be told. France's own totals are sums of
such atoms, so they tell nothing new, and they are published if they are safe as a whole.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
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

    @property
    def is_long(self) -> bool:
        """Whether the period is longer than a day."""
        return self.first_day != self.last_day


@dataclass(frozen=True, slots=True)
class Element:
    """The handovers of one shop on one day in one category.

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
    grains = _grains(elements)
    before = set(before)
    long_before = {cell for cell in before if daily_totals_told and cell.is_long}
    days = _Partition(grains, before - long_before, daily_totals_told)
    months: _Months | None = None
    published: list[Cell] = []
    suppressed: list[Cell] = []
    for cell, inside in _in_order(grains, set(candidates)):
        if daily_totals_told and cell.level is Level.COUNTRY and cell.category is None:
            # The total of every day is public, so this sum tells nothing new.
            allowed = days.sum(inside).safe()
        elif daily_totals_told and cell.is_long:
            months = months or _Months(grains, days, long_before)
            allowed = months.publish(inside)
        else:
            allowed = days.publish(inside)
        (published if allowed else suppressed).append(cell)
    return Release(tuple(published), tuple(suppressed))


def _in_order(grains: "Sequence[_Grain]", candidates: set[Cell]) -> "Iterator[tuple[Cell, list[_Grain]]]":
    """Yield the candidates that have a shop, with their grains, in the order in which they are decided."""
    cells = _Cells(candidates)
    inside: defaultdict[Cell, list[_Grain]] = defaultdict(list)
    for grain in grains:
        for cell in cells.around(grain):
            inside[cell].append(grain)
    food = {cell: sum(grain.part.all.food for grain in each) for cell, each in inside.items()}

    def rank(cell: Cell) -> tuple[object, ...]:
        return (cell.is_long, cell.category is not None, cell.level, -food[cell], cell.code, cell.category or "", cell)

    for cell in sorted(inside, key=rank):
        yield cell, inside[cell]


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
            if not mine:
                self.by[dimension] = theirs.copy()
                continue
            for contributor, amount in theirs.items():
                mine[contributor] = mine.get(contributor, 0) + amount
        self.largest = None

    def remove(self, part: "_Sums") -> None:
        for dimension, (mine, theirs) in enumerate(zip(self.by, part.by, strict=True)):
            self.totals[dimension] -= part.totals[dimension]
            for contributor, amount in theirs.items():
                left = mine[contributor] - amount
                if left:
                    mine[contributor] = left
                else:
                    del mine[contributor]

    @property
    def food(self) -> int:
        """The first measure of everything, what was collected included."""
        return self.totals[2 * self.measures]

    def safe(self) -> bool:
        """Return whether enough people and merchants stand behind it and nobody dominates."""
        return self.covers(None)

    def covers(self, larger: "_Sums | None") -> bool:
        """Return whether it is safe and, as a part of a larger set, outweighs each contributor of that set.

        What is left of it without any two contributors must be twice what the dominance rule asks, measured by what
        each contributor has in the larger set. Then unions stay safe although a part may count in two of them.
        """
        if len(self.by[0]) < PEOPLE or len(self.by[self.measures]) < MERCHANTS:
            return False
        for dimension, total in enumerate(self.totals):
            more = larger.most(dimension) if larger else 0
            if not _outweighs(total, *self._largest()[dimension], more):
                exact = self._largest()[dimension] = _two_largest(self.by[dimension].values())
                if not _outweighs(total, *exact, more):
                    return False
        return True

    def most(self, dimension: int) -> int:
        """Return the largest sum of one contributor, or more than it."""
        return self._largest()[dimension][0]

    def safe_without(self, part: "_Sums") -> bool:
        """Return whether it is safe once a part of it is taken away, without doing so."""
        for dimension, least in ((0, PEOPLE), (self.measures, MERCHANTS)):
            mine, taken = self.by[dimension], part.by[dimension]
            if len(mine) - len(taken) < least:
                gone = sum(mine[contributor] == amount for contributor, amount in taken.items())
                if len(mine) - gone < least:
                    return False
        for dimension, at_most in enumerate(self._largest()):
            total = self.totals[dimension] - part.totals[dimension]
            if not _outweighs(total, *at_most):
                taken = part.by[dimension]
                left = (amount - taken.get(contributor, 0) for contributor, amount in self.by[dimension].items())
                if not _outweighs(total, *_two_largest(left)):
                    return False
        return True

    def _largest(self) -> list[tuple[int, int]]:
        if self.largest is None:
            self.largest = [_two_largest(sums.values()) for sums in self.by]
        return self.largest


def _two_largest(amounts: Iterable[int]) -> tuple[int, int]:
    second, first = (0, 0, *sorted(amounts))[-2:]
    return first, second


def _outweighs(total: int, first: int, second: int, in_a_larger_set: int = 0) -> bool:
    """Return whether what is left without the two largest contributors outweighs the largest one.

    That is the same as: the largest has at most 85 % when the second takes its own away. For a part of a larger set,
    see `_Sums.covers`.
    """
    needed = max(first, 2 * in_a_larger_set)
    return total > 0 and LARGEST_PERCENT * (total - first - second) >= (100 - LARGEST_PERCENT) * needed


@dataclass(slots=True)
class _Part:
    """A set of elements: the sums of all of them, and apart those of known shops."""

    all: _Sums
    known: _Sums | None = None  # nobody, which most parts are
    elements: int = 0
    known_elements: int = 0

    @classmethod
    def empty(cls, measures: int) -> "_Part":
        return cls(_Sums(measures))

    def add(self, element: Element) -> None:
        measures = self.all.measures
        self.elements += 1
        self.known_elements += element.known
        if element.known and self.known is None:
            self.known = _Sums(measures)
        for sums in (self.all, self.known) if element.known and self.known else (self.all,):
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
        if other.known:
            self.known_elements += other.known_elements
            self.known = self.known or _Sums(self.all.measures)
            self.known.add_all(other.known)

    def remove(self, part: "_Part") -> None:
        self.elements -= part.elements
        self.all.remove(part.all)
        if part.known and self.known:
            self.known_elements -= part.known_elements
            self.known.remove(part.known)

    def unknown(self) -> _Sums:
        """Return the sums of the elements whose shops are not known."""
        sums = _Sums(self.all.measures)
        sums.add_all(self.all)
        if self.known:
            sums.remove(self.known)
        return sums

    def safe(self) -> bool:
        """Return whether it is safe, with the known shops and without them."""
        if not self.all.safe():
            return False
        return not self.known or self.known_elements in (0, self.elements) or self.all.safe_without(self.known)

    def safe_without(self, part: "_Part") -> bool:
        """Return whether it is safe, with the known shops and without them, once a part of it is taken away."""
        if not self.all.safe_without(part.all):
            return False
        known_left = self.known_elements - part.known_elements
        if not self.known or known_left in (0, self.elements - part.elements):
            return True
        taken = _Sums(self.all.measures)
        taken.add_all(part.all)
        taken.add_all(self.known)
        if part.known:
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
    month_atom: int = 0


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
    return sorted(grains.values(), key=lambda one: repr((one.place, one.day, one.category)))


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

    def publish(self, grains: list[_Grain]) -> bool:
        """Split the atoms that a cell meets if all their parts are safe; return whether they are."""
        by_atom: defaultdict[int, list[_Grain]] = defaultdict(list)
        for grain in grains:
            by_atom[grain.atom].append(grain)
        whole = [number for number, inside in by_atom.items() if len(inside) == self.atoms[number].grains]
        split = [(number, inside) for number, inside in by_atom.items() if len(inside) < self.atoms[number].grains]
        if any(_too_few(inside) for _, inside in split):
            return False
        if not all(self.is_safe(number) for number in whole):
            return False
        parts = []
        for number, inside in sorted(split, key=lambda one: len(one[1])):
            part = self.sum(inside)
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

    def is_safe(self, number: int) -> bool:
        atom = self.atoms[number]
        if atom.safe is None:
            atom.safe = atom.part.safe()
        return atom.safe

    def sum(self, grains: list[_Grain]) -> _Part:
        part = _Part.empty(self.measures)
        for grain in grains:
            part.add_all(grain.part)
        return part

    def _move(self, grain: _Grain, number: int) -> None:
        grain.atom = number
        self.atoms[number].grains += 1


def _too_few(grains: Sequence[_Grain]) -> bool:
    """Return whether too few stand behind grains; this sees most refusals before anything is added up."""
    people: set[int] = set()
    merchants: set[int] = set()
    for grain in grains:
        sums = grain.part.all
        people.update(sums.by[0])
        merchants.update(sums.by[sums.measures])
        if len(people) >= PEOPLE and len(merchants) >= MERCHANTS:
            return False
    return True


class _Months:
    """The month atoms, and the attempt to publish another cell of a long period."""

    def __init__(self, grains: Sequence[_Grain], days: _Partition, before: Iterable[Cell]) -> None:
        self.days = days
        cells = _Cells(before)
        numbers: dict[tuple[Cell, ...], int] = {}
        for grain in grains:
            grain.month_atom = numbers.setdefault(tuple(cells.around(grain)), len(numbers))
        self.sizes = [0] * len(numbers)
        for grain in grains:
            self.sizes[grain.month_atom] += 1
        self.crossings = [_Crossing({id(grain): grain.part.all for grain in grains}, grains)]
        if any(grain.part.known_elements for grain in grains):
            unknown = [grain for grain in grains if grain.part.known_elements < grain.part.elements]
            if unknown:
                self.crossings.append(_Crossing({id(grain): grain.part.unknown() for grain in unknown}, unknown))

    def publish(self, grains: Sequence[_Grain]) -> bool:
        """Split the month atoms that a cell meets if the rule for months still holds; return whether it does."""
        if not all(self.days.is_safe(day) for day in {grain.atom for grain in grains}):
            return False
        by_atom: defaultdict[int, list[_Grain]] = defaultdict(list)
        for grain in grains:
            by_atom[grain.month_atom].append(grain)
        split = [(number, inside) for number, inside in by_atom.items() if len(inside) < self.sizes[number]]
        if any(_too_few(inside) for _, inside in split):
            return False
        moves = [_Move(inside, old, len(self.sizes) + number) for number, (old, inside) in enumerate(split)]
        for tried, crossing in enumerate(self.crossings, 1):
            if not crossing.split(moves):
                for undone in self.crossings[:tried]:
                    undone.undo(moves)
                return False
        for crossing in self.crossings:
            crossing.keep()
        for move in moves:
            self.sizes[move.old] -= len(move.grains)
            self.sizes.append(len(move.grains))
            for grain in move.grains:
                grain.month_atom = move.new
        return True


@dataclass(frozen=True, slots=True)
class _Move:
    """Grains that leave a month atom for a new one."""

    grains: Sequence[_Grain]
    old: int
    new: int


@dataclass(slots=True)
class _Piece:
    """The handovers that a daily atom and a month atom have in common."""

    sums: _Sums
    grains: int = 0


class _Crossing:
    """The pieces of daily and month atoms, of all elements or of those of unknown shops, with the rule for months."""

    def __init__(self, sums: Mapping[int, _Sums], grains: Sequence[_Grain]) -> None:
        self.sums = sums  # by the id of the grain
        self.measures = next(iter(sums.values())).measures
        self.days: dict[int, _Sums] = {}
        self.pieces: defaultdict[int, dict[int, _Piece]] = defaultdict(dict)
        self.days_of: defaultdict[int, set[int]] = defaultdict(set)
        # Month atoms with the covers for which the second half of the rule was checked and still holds.
        self.checked: defaultdict[int, set[int]] = defaultdict(set)
        self.pending: tuple[set[int], set[int], set[tuple[int, int]]] = (set(), set(), set())
        for grain in grains:
            self.days.setdefault(grain.atom, _Sums(self.measures)).add_all(sums[id(grain)])
            self._add(grain, grain.month_atom)

    def split(self, moves: Sequence[_Move]) -> bool:
        """Split month atoms and return whether the rule still holds. `keep` or `undo` must follow."""
        day_counts = {move.old: len(self._active(move.old)) for move in moves}
        touched = {grain.atom for move in moves for grain in move.grains if id(grain) in self.sums}
        for move in moves:
            self._move(move.grains, move.old, move.new)
        changed = {number for move in moves for number in (move.old, move.new)}
        shrunk = {number for number, count in day_counts.items() if len(self._active(number)) < count}
        pairs: set[tuple[int, int]] = set()
        self.pending = (changed, shrunk, pairs)
        for day in {day for number in changed for day in self.days_of[number]}:
            pieces = self.pieces[day]
            if len(pieces) == 1:
                continue
            cover = max(pieces, key=lambda number: (pieces[number].sums.food, -number))
            if day in touched and not pieces[cover].sums.covers(self.days[day]):
                return False
            others = pieces.keys() if day in touched or cover in shrunk else pieces.keys() & changed
            pairs.update(
                (cover, other)
                for other in others
                if other != cover and (other in changed or cover in shrunk or cover not in self.checked[other])
            )
        mixed: dict[int, _Sums] = {}
        active: dict[int, set[int]] = {}
        for cover, other in pairs:
            if other not in mixed:
                mixed[other] = self._sum(other, self.days_of[other])
            if cover not in active:
                active[cover] = self._active(cover)
            if not self._sum(other, self.days_of[other] & active[cover]).covers(mixed[other]):
                return False
        return True

    def keep(self) -> None:
        changed, shrunk, pairs = self.pending
        for number in changed:
            self.checked.pop(number, None)
        for covers in self.checked.values() if shrunk else ():
            covers -= shrunk
        for cover, other in pairs:
            self.checked[other].add(cover)

    def undo(self, moves: Sequence[_Move]) -> None:
        for move in moves:
            self._move(move.grains, move.new, move.old)

    def _active(self, month_atom: int) -> set[int]:
        """Return the days of a month atom on which people took something: an amount of 0 has nothing to hide others."""
        return {day for day in self.days_of[month_atom] if self.pieces[day][month_atom].sums.by[0]}

    def _sum(self, month_atom: int, days: Iterable[int]) -> _Sums:
        """Return the sums of a month atom on those of some days that it shares with another."""
        sums = _Sums(self.measures)
        for day in days:
            if len(self.pieces[day]) > 1:
                sums.add_all(self.pieces[day][month_atom].sums)
        return sums

    def _move(self, grains: Sequence[_Grain], old: int, new: int) -> None:
        for grain in grains:
            if id(grain) in self.sums:
                piece = self.pieces[grain.atom][old]
                piece.sums.remove(self.sums[id(grain)])
                piece.grains -= 1
                if not piece.grains:
                    del self.pieces[grain.atom][old]
                    self.days_of[old].discard(grain.atom)
                self._add(grain, new)

    def _add(self, grain: _Grain, number: int) -> None:
        piece = self.pieces[grain.atom].get(number)
        if piece is None:
            piece = self.pieces[grain.atom][number] = _Piece(_Sums(self.measures))
            self.days_of[number].add(grain.atom)
        piece.sums.add_all(self.sums[id(grain)])
        piece.grains += 1


class _Cells:
    """Cells, found by what they contain."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        self.of_a_day: dict[tuple[Level, str, str | None, date], Cell] = {}
        self.longer: defaultdict[tuple[Level, str, str | None], list[Cell]] = defaultdict(list)
        for cell in set(cells):
            if cell.is_long:
                self.longer[cell.level, cell.code, cell.category].append(cell)
            else:
                self.of_a_day[cell.level, cell.code, cell.category, cell.first_day] = cell

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
