"""The demo town's collections: what shops gave on past evenings, who brought it, and tonight's tours."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from backend.tours.building import DayRead, built, places_of, reasons_of, rows_of
from backend.tours.distances import estimated_metres
from backend.tours.planning.greedy import greedy
from scripts.demo_town.acts import Acts
from scripts.demo_town.offers import PARIS, paris
from scripts.demo_town.people import RELAIS, TABLES
from scripts.demo_town.shops import CANTINE, CREMERIE, FOURNIL, GRAIN_VERT, JOUR_ET_NUIT, POTAGER, Shop

PAST_EVENINGS = (11, 9, 7, 5, 3, 1)  # days ago, all of them days of trade
LAST_HOUR_TO_ASK = 15
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EVENING = [{"opens": "17:00", "closes": "22:30"}]
WHOLE = 10
DONE = {"take": "taken", "leave": "left"}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Given:
    """Food that a shop has collected.

    days: until its use-by date; None: it has none, and is not chilled. Of ten parts `brings` are there, and `accepts`
    of these are good.
    """

    shop: Shop
    title: str
    category: str
    grams: int
    crates: int
    days: int | None = None
    brings: int = 10
    accepts: int = 10


BREAD = Given(FOURNIL, "Pains et viennoiseries", "bakery", 14_000, 3)
FRUIT = Given(POTAGER, "Fruits et légumes abîmés", "fruits_vegetables", 36_000, 5, brings=8, accepts=9)
CHILLED = Given(CREMERIE, "Yaourts et fromage blanc", "dairy", 9_000, 2, days=6)
MEALS = Given(CANTINE, "Plats du jour sous vide", "prepared_meals", 7_500, 2, days=4)
GROCERY = Given(JOUR_ET_NUIT, "Conserves et pâtes", "grocery", 22_000, 3)
ORGANIC = Given(GRAIN_VERT, "Pain et fruits bio", "organic", 11_000, 2, brings=9)

PAST = (
    (BREAD, FRUIT),
    (BREAD, CHILLED, GROCERY),
    (FRUIT, MEALS),
    (BREAD, ORGANIC),
    (FRUIT, CHILLED, BREAD),
    (BREAD, FRUIT),
)
TONIGHT = (BREAD, FRUIT, CHILLED, MEALS, GROCERY)
UNANSWERED = (ORGANIC,)

KARIM: dict[str, Any] = {
    "vehicle": "cargo_bike", "professional": False, "most_grams": 90_000, "crates": 14, "cold_crates": 4,
    "speed_kmh": 14, "farthest_metres": 35_000, "latitude": 48.5779, "longitude": 7.7653,
}  # fmt: skip
LUCIE: dict[str, Any] = {
    "vehicle": "van", "professional": True, "most_grams": 600_000, "crates": 70, "cold_crates": 40,
    "speed_kmh": 24, "farthest_metres": None, "latitude": 48.5612, "longitude": 7.7398,
}  # fmt: skip
ALIKE: dict[str, Any] = {
    "parking_seconds": 120, "insee_code": "67482", "radius_metres": 9_000, "returns_to_start": True,
    "hours": dict.fromkeys(DAYS, EVENING), "away_until": None,
}  # fmt: skip
NEEDS: dict[str, dict[str, Any]] = {
    TABLES: {
        "takes": ["bakery", "fruits_vegetables", "dairy", "prepared_meals", "grocery", "organic", "cheese"],
        "lacks": ["dairy"], "weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "17:00", "closes": "22:00",
        "grams_a_day": 220_000, "cold_grams_a_day": 60_000, "frozen": False, "farthest_metres": 7_000,
        "decides": "person",
    },
    RELAIS: {
        "takes": ["bakery", "prepared_meals", "grocery", "canned"], "lacks": ["prepared_meals"],
        "weekdays": [1, 3, 5], "opens": "17:00", "closes": "21:00", "grams_a_day": 40_000, "cold_grams_a_day": 0,
        "frozen": False, "farthest_metres": 9_000, "decides": "person",
    },
}  # fmt: skip


class Rounds:
    """Lets shops ask, the association accept, and collectors drive, by the product's own acts and planner."""

    def __init__(
        self,
        acts: Acts,
        accounts: Mapping[str, UUID],
        shops: Mapping[str, UUID],
        then: Callable[..., None],
        now: datetime,
    ) -> None:
        self._acts, self._accounts, self._shops, self._then, self._now = acts, accounts, shops, then, now
        self._today = now.astimezone(PARIS).date()
        self._given: dict[UUID, Given] = {}

    def happen(self) -> None:
        """Plan past evenings and the coming one."""
        self._then(paris(self._today - timedelta(days=12), "11:00"), self._begin)
        for days_ago, given in zip(PAST_EVENINGS, PAST, strict=True):
            day = self._today - timedelta(days=days_ago)
            self._evening(day, given, paris(day, "14:30"))
            self._then(paris(day, "15:45"), self._plan, day, True)
        # Tonight, or tomorrow if it is too late to ask for tonight.
        late = self._now.astimezone(PARIS).hour >= LAST_HOUR_TO_ASK
        day = self._today + timedelta(days=late)
        self._evening(day, TONIGHT, self._now - 3 * HOUR)
        self._then(self._now - 90 * MINUTE, self._plan, day, False)
        for unanswered in UNANSWERED:
            self._then(self._now - 40 * MINUTE, self._ask, day, unanswered)

    def _begin(self) -> None:
        for login, needs in NEEDS.items():
            self._acts.call_as(self._accounts[login], "set_needs", wanted=Jsonb(needs), versions=None)
        for login, vehicle in (("karim", KARIM), ("lucie", LUCIE)):
            wanted = Jsonb({**ALIKE, **vehicle})
            self._acts.call_as(self._accounts[login], "keep_collector_profile", wanted=wanted, versions=None)

    def _evening(self, day: date, given: tuple[Given, ...], asked: datetime) -> None:
        for place, one in enumerate(given):
            self._then(asked + place * 7 * MINUTE, self._ask_and_accept, day, one, asked + 50 * MINUTE)

    def _ask_and_accept(self, day: date, given: Given, accepted: datetime) -> None:
        self._then(max(accepted, self._acts.now), self._accept, self._ask(day, given))

    def _ask(self, day: date, given: Given) -> UUID:
        item = {
            "title": given.title,
            "category": given.category,
            "grams": given.grams,
            "crates": given.crates,
            "date_kind": "none" if given.days is None else "use_by",
            "food_date": None if given.days is None else (day + timedelta(days=given.days)).isoformat(),
            "cold": "none" if given.days is None else "chilled",
        }
        asked: UUID = self._acts.call_as(
            self._accounts[given.shop.merchant.login],
            "ask_collection",
            shop=self._shops[given.shop.name],
            association=None,
            wanted_lots=Jsonb([]),
            wanted_items=Jsonb([item]),
            starts=paris(day, "18:15"),
            ends=paris(day, "19:30"),
            note="",
        )[0]
        self._given[asked] = given
        return asked

    def _accept(self, collection: UUID) -> None:
        self._acts.call_as(
            self._accounts[TABLES], "accept_collection", collection=collection, association=None, versions=None
        )

    def _plan(self, day: date, past: bool) -> None:
        """Plan the day as the worker would, by the greedy planner, and let collectors accept what they are offered."""
        plan = self._acts.call_as(self._accounts[TABLES], "ask_plan", day=day, seconds=1)[0]
        self._acts.be(None)
        read = DayRead.model_validate(self._acts.call("begin_plan", plan=plan)[0])
        made = built(read, estimated_metres(places_of(read), read.road_factor))
        found = greedy(made.problem)
        self._acts.call(
            "write_plan",
            plan=plan,
            made=Jsonb(rows_of(made, found)),
            left_out=Jsonb(reasons_of(made, found)),
            planner="greedy",
            because=None,
        )
        karim = self._accounts["karim"]
        for tour, collector in self._acts.rows("select id, collector_id from app.tours where plan_id = %s", plan):
            if past or collector == karim:
                self._acts.call_as(collector, "accept_tour", tour=tour)
            if past:
                self._drive(tour, collector)

    def _drive(self, tour: UUID, collector: UUID) -> None:
        tasks = self._acts.rows(
            "select s.number, s.arrives_at, s.leaves_at, k.kind, k.collection_id from app.tour_stops s"
            " join app.stop_tasks k using (tour_id, number) where s.tour_id = %s order by s.number, k.collection_id",
            tour,
        )
        self._then(tasks[0][1] - 5 * MINUTE, partial(self._acts.call_as, collector, "start_tour", tour=tour))
        for place, (number, arrives, leaves, kind, collection) in enumerate(tasks):
            given = self._given[collection]
            self._then(arrives, self._report, tour, collector, number, "arrived", collection, {})
            details: dict[str, Any] = {} if given.days is None else {"degrees": 2.4 if kind == "take" else 2.8}
            if kind == "take" and given.brings < WHOLE:
                details["items"] = self._part(collection, given.brings)
            done = leaves + place * timedelta(seconds=1)
            self._then(done, self._report, tour, collector, number, DONE[kind], collection, details)
            if kind == "leave":
                self._then(tasks[-1][2] + 20 * MINUTE, self._receive, collection)
        self._then(tasks[-1][2] + 10 * MINUTE, self._close, tour, collector)

    def _part(self, collection: UUID, of_ten: int) -> list[dict[str, Any]]:
        items = self._acts.rows(
            "select id, grams, crates from app.collection_items where collection_id = %s order by id", collection
        )
        return [
            {"item_id": str(item), "grams": grams * of_ten // WHOLE, "crates": crates} for item, grams, crates in items
        ]

    def _report(
        self, tour: UUID, collector: UUID, number: int, kind: str, collection: UUID, details: dict[str, Any]
    ) -> None:
        step = uuid4()
        self._acts.call_as(
            collector,
            "take_step",
            tour=tour,
            number=number,
            step=step,
            kind=kind,
            at=self._acts.now,
            collection=collection,
            details=Jsonb(details),
            photo=None,
            fingerprint=hashlib.sha256(step.bytes).digest(),
        )

    def _close(self, tour: UUID, collector: UUID) -> None:
        self._acts.call_as(collector, "close_tour", tour=tour, driven=None)

    def _receive(self, collection: UUID) -> None:
        given, tables = self._given[collection], self._accounts[TABLES]
        accepted: list[dict[str, Any]] = []
        if given.accepts < WHOLE:
            accepted = [
                {**part, "grams": part["grams"] * given.accepts // WHOLE, "refused_because": "Trop abîmé"}
                for part in self._part(collection, given.brings)
            ]
        self._acts.call_as(tables, "receive_collection", collection=collection, items=Jsonb(accepted))
        next_morning = paris(self._acts.now.astimezone(PARIS).date() + timedelta(days=1), "11:00")
        if next_morning <= self._now:
            self._then(next_morning, self._distribute, collection)

    def _distribute(self, collection: UUID) -> None:
        grams = self._acts.value(
            "select sum(accepted_grams)::int from app.collection_items where collection_id = %s", collection
        )
        lost = grams // 20
        for outcome, part in (("distributed", grams - lost), ("compost", lost)):
            self._acts.call_as(
                self._accounts[TABLES],
                "declare_outcome",
                collection=collection,
                outcome=outcome,
                grams=part,
                day=self._acts.now.astimezone(PARIS).date(),
                note="",
            )
