"""Steps: what collectors report on the way, how it folds, temperatures, incidents, and who may report."""

import random
import sys
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.photographs import file_of, two_colours
from tests.town import Town
from tests.town.answers import accepted, refusal_in
from tests.town.rounds import Round, a_collection, a_round

BOOKS = """
    select jsonb_build_object(
        'stops', (select jsonb_agg(to_jsonb(p) order by p.number) from app.tour_stops p where p.tour_id = $1),
        'tasks', (select jsonb_agg(jsonb_build_array(k.number, k.kind, k.collection_id, k.living)
                                   order by k.collection_id, k.kind) from app.stop_tasks k where k.tour_id = $1),
        'collections', (select jsonb_agg(jsonb_build_array(c.id, c.status, c.reason_code) order by c.id)
                        from app.collections c
                        where c.id in (select k.collection_id from app.stop_tasks k where k.tour_id = $1)),
        'items', (select jsonb_agg(to_jsonb(i) order by i.id) from app.collection_items i
                  where i.collection_id in (select k.collection_id from app.stop_tasks k where k.tour_id = $1)),
        'custody', (select jsonb_agg(jsonb_build_array(e.collection_id, e.kind, e.source, e.content)
                                     order by e.collection_id, e.source, e.kind) from app.custody_entries e
                    where e.collection_id in (select k.collection_id from app.stop_tasks k where k.tour_id = $1)))::text
"""


async def items_of(town: Town, collection: UUID) -> list[dict[str, Any]]:
    return [
        dict(row)
        for row in await town.rows(
            "select * from app.collection_items where collection_id = $1 order by id", collection
        )
    ]


async def test_a_collection_is_taken_in_part_and_delivered(town: Town) -> None:
    tour = await a_round(town)
    (one,) = tour.collections

    said = await tour.takes(1, items=[{"item_id": str(one.items[0]), "kg": 22}])
    assert said["stop"]["state"] == "done"
    assert not said["waits"]
    assert [c["status"] for c in said["collections"]] == ["taken"]
    assert said["collections"][0]["items"][0]["taken_grams"] == 22_000

    said = await tour.leaves()
    assert said["collections"][0]["status"] == "delivered"
    assert said["collections"][0]["items"][0]["left_grams"] == 22_000
    assert await town.value("select status from app.tours where id = $1", tour.id) == "done"
    changes = await town.rows("select change from app.collection_changes where collection_id = $1 order by id", one.id)
    assert [row["change"] for row in changes] == ["taken", "delivered"]


async def test_a_step_sent_again_has_the_same_answer(town: Town) -> None:
    tour = await a_round(town)
    step = tour.step("taken", 5)
    first, again = await tour.sends(1, step), await tour.sends(1, step)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert await town.value("select count(*) from app.tour_steps") == 1

    other = refusal_in(await tour.sends(1, {**step, "note": "Autre chose"}))
    assert (other.status, other.code) == (409, "step.other_content")
    elsewhere = refusal_in(await tour.sends(2, step))
    assert (elsewhere.status, elsewhere.code) == (409, "step.other_content")


async def test_a_delivery_before_its_pickup_waits(town: Town) -> None:
    tour = await a_round(town)
    left = await tour.leaves()
    assert left["waits"]
    assert left["collections"][0]["status"] == "scheduled"
    taken = await tour.takes(1)
    assert taken["collections"][0]["status"] == "delivered"


async def test_a_later_step_corrects_a_finished_stop(town: Town) -> None:
    tour = await a_round(town)
    (one,) = tour.collections
    await tour.takes(1, 5)
    await tour.leaves()
    said = await tour.takes(1, 40, items=[{"item_id": str(one.items[0]), "grams": 21_000}])
    assert said["collections"][0]["status"] == "delivered"
    assert said["collections"][0]["items"][0]["taken_grams"] == 21_000
    early = await tour.takes(1, 4, items=[{"item_id": str(one.items[0]), "grams": 1}])
    assert early["collections"][0]["items"][0]["taken_grams"] == 21_000


async def test_two_signatures_made_offline_both_count(town: Town) -> None:
    """coopcycle-app#250."""
    tour = await a_round(town)
    strokes = [[[0, 0], [500, 500]], [[10, 10]]]
    signed = [
        tour.step("signature", at, signature={"by": by, "name": name, "strokes": strokes})
        for at, by, name in ((6, "giver", "Sophie"), (7, "giver", "Marc"))
    ]
    for step in reversed(signed):
        assert (await tour.reports(1, step))["stop"]["state"] == "ahead"
    await tour.takes(1)
    assert await town.value("select count(*) from app.custody_entries where kind = 'signature'") == 2


async def test_a_step_for_another_tour_s_collection_waits_and_changes_nothing(town: Town) -> None:
    tour, other = await a_round(town), await a_round(town)
    said = await tour.takes(1, collection_id=str(other.collections[0].id))
    assert said["waits"]
    assert said["collections"] == []
    said = await tour.takes(1, collection_id=str(uuid4()))
    assert said["waits"]
    assert await tour.status() == await other.status() == "scheduled"
    assert await town.value("select count(*) from app.custody_entries") == 0


async def test_only_the_collector_of_a_tour_reports_from_it(town: Town) -> None:
    tour = await a_round(town)
    step = tour.step("taken", 5)
    path = f"/tours/{tour.id}/stops/1/steps"
    stranger = refusal_in(await (await town.a_collector("Nadia")).asks("POST", path, step))
    assert (stranger.status, stranger.code) == (404, "tour.not_found")
    for person in (tour.association, tour.collections[0].shop.merchant, await town.an_admin()):
        assert (await person.asks("POST", path, step)).status_code == 403
    assert await town.value("select count(*) from app.tour_steps") == 0


@pytest.mark.parametrize("status", ["proposed", "declined", "cancelled", "closed"])
async def test_a_tour_that_is_not_accepted_takes_no_steps(town: Town, status: str) -> None:
    tour = await a_round(town, status=status)
    refusal = refusal_in(await tour.sends(1, tour.step("taken", 5)))
    assert (refusal.status, refusal.code) == (409, "tour.not_under_way")


async def test_times_are_bounded(town: Town) -> None:
    tour = await a_round(town)
    assert refusal_in(await tour.sends(1, tour.step("arrived", 66))).code == "step.in_the_future"
    assert (await tour.sends(1, tour.step("arrived", 64))).status_code == 200
    three_days = 72 * 60
    assert refusal_in(await tour.sends(1, tour.step("arrived", 60 - three_days - 1))).code == "step.too_old"
    assert (await tour.sends(1, tour.step("arrived", 60 - three_days + 1))).status_code == 200
    assert refusal_in(await tour.sends(9, tour.step("arrived", 5))).code == "tour.no_such_stop"


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "temperature"},
        {"kind": "signature"},
        {"kind": "incident"},
        {"kind": "photo"},
        {"kind": "taken", "items": [{"item_id": str(UUID(int=1)), "grams": 1, "kg": 1}]},
        {"kind": "taken", "items": [{"item_id": str(UUID(int=1)), "kg": 0.0001}]},
        {"kind": "taken", "items": [{"item_id": str(UUID(int=1)), "grams": 0}]},
        {"kind": "taken", "items": []},
        {"kind": "taken", "items": [{"item_id": str(UUID(int=1)), "grams": 1}] * 2},
        {"kind": "taken", "degrees": 3.55},
        {"kind": "arrived", "items": [{"item_id": str(UUID(int=1)), "grams": 1}]},
        {"kind": "signature", "signature": {"by": "giver", "name": "S", "strokes": [[[0, 1001]]]}},
    ],
)
async def test_a_step_that_does_not_make_sense_is_refused(town: Town, said: dict[str, Any]) -> None:
    tour = await a_round(town)
    assert (await tour.sends(1, {**tour.step("taken", 5), **said})).status_code == 422
    assert await town.value("select count(*) from app.tour_steps") == 0


def a_day(tour: Round, rng: random.Random) -> list[tuple[int, dict[str, Any]]]:
    """Return the steps of a tour: taken and left, with incidents, temperatures, corrections and proofs of some."""
    steps: list[tuple[int, dict[str, Any]]] = []
    for at, one in enumerate(tour.collections, 1):
        minute = at * 5
        steps.append((at, tour.step("arrived", minute)))
        named = {"collection_id": str(one.id)} if rng.random() < 0.5 else {}
        some = (
            {"items": [{"item_id": str(one.items[0]), "grams": rng.randrange(1, 30_000)}]} if rng.random() < 0.6 else {}
        )
        if rng.random() < 0.5:
            reason = rng.choice(["closed", "nobody", "missing", "refused", "no_room", "other", "cold_chain"])
            steps.append((at, tour.step("incident", minute + 1, incident={"reason": reason}, **named)))
        if rng.random() < 0.8:
            steps.append((at, tour.step("taken", minute + rng.choice([0, 2]), **named, **some)))
        if rng.random() < 0.3:
            steps.append((at, tour.step("taken", minute + 3)))
        if rng.random() < 0.5:
            wrong = tour.step("temperature", minute + 1, degrees=rng.choice([2.0, 44.0]))
            steps.append((at, wrong))
            if rng.random() < 0.5:
                steps.append((at, tour.step("temperature", minute + 2, degrees=4.4, corrects=wrong["step_id"])))
        if rng.random() < 0.8:
            steps.append((tour.last, tour.step("left", 40 + at, collection_id=str(one.id))))
    if rng.random() < 0.3:
        steps.append((rng.randrange(1, tour.last + 1), tour.step("incident", 18, incident={"reason": "accident"})))
    for number in (1, tour.last):
        by = "giver" if number == 1 else "receiver"
        steps.append((number, tour.step("signature", 50, signature={"by": by, "name": "Sophie", "strokes": []})))
    return steps


@pytest.mark.parametrize("day", range(6))
async def test_steps_in_any_order_and_twice_give_the_same_books(town: Town, day: int) -> None:
    seed = random.randrange(2**32)  # noqa: S311 - no secret
    sys.stderr.write(f"seed {seed}\n")  # pytest shows it if the test fails
    rng = random.Random(seed)  # noqa: S311
    chilled = {"category": "dairy", "grams": 20_000, "temperature_kind": "perishable"}
    tour = await a_round(town, *[await a_collection(town, items=[{}, chilled]) for _ in range(4)])
    for other in tour.collections[1:]:
        await town.changes(
            "update app.collections c set association_id = f.association_id, to_point = f.to_point"
            " from app.collections f where c.id = $1 and f.id = $2",
            other.id,
            tour.collections[0].id,
        )
    steps = a_day(tour, rng)
    for number, step in steps:
        await tour.reports(number, step)
    books = await town.value(BOOKS, tour.id)

    async with town.copy.connection() as connection:
        for _ in range(2):
            shuffled = steps * 2
            rng.shuffle(shuffled)
            await _forget(town, tour)
            for number, step in shuffled:
                await tour.reports(number, step)
            assert await connection.fetchval(BOOKS, tour.id) == books, f"seed {seed}"
            assert await connection.fetchval("select count(*) from app.tour_steps") == len(steps)


async def _forget(town: Town, tour: Round) -> None:
    """Put the tour back to where nothing was reported from it."""
    for statement in (
        "delete from app.custody_entries",
        "delete from app.custody_heads",
        "update app.stop_tasks set living = true, ended_by = null",
        "delete from app.tour_steps",
        "update app.tour_stops set state = 'ahead', arrived_at = null, ended_at = null",
        "update app.tours set status = 'under_way', done_at = null",
        "update app.collections set status = 'scheduled', reason_code = null",
        "update app.collection_items set taken_grams = null, taken_crates = null, taken_portions = null,"
        " left_grams = null, left_crates = null, left_portions = null, frozen_because = null, frozen_at = null",
    ):
        await town.changes(statement)


async def test_a_reading_beyond_the_limit_freezes_the_items(town: Town) -> None:
    milk = {"title": "Yaourts", "category": "dairy", "grams": 8000, "temperature_kind": "perishable"}
    tour = await a_round(town, await a_collection(town, items=[{}, milk]))
    (one,) = tour.collections
    assert (await tour.takes(1, degrees=8.0))["collections"][0]["items"][1]["frozen_because"] is None
    said = await tour.reports(tour.last, tour.step("temperature", 20, degrees=8.1))
    assert [item["frozen_because"] for item in said["collections"][0]["items"]] == [None, "cold_chain"]
    warm = await items_of(town, one.id)
    assert warm[1]["frozen_at"] is not None


async def test_a_corrected_reading_freezes_nothing(town: Town) -> None:
    milk = {"title": "Yaourts", "category": "dairy", "grams": 8000, "temperature_kind": "perishable"}
    tour = await a_round(town, await a_collection(town, items=[milk]))
    wrong = tour.step("temperature", 6, degrees=44)
    assert (await tour.reports(1, wrong))["collections"][0]["items"][0]["frozen_because"] == "cold_chain"
    right = tour.step("temperature", 7, degrees=4.4, corrects=wrong["step_id"])
    assert (await tour.reports(1, right))["collections"][0]["items"][0]["frozen_because"] is None


@pytest.mark.parametrize(
    ("kind", "fits", "breaks"),
    [
        ("minced", 2.0, 2.1),
        ("prepared_ahead", 3.0, 3.1),
        ("very_perishable", 4.0, 4.1),
        ("perishable", 8.0, 8.1),
        ("deep_frozen", -15.0, -14.9),
        ("frozen", -9.0, -8.9),
        ("hot", 63.0, 62.9),
    ],
)
async def test_each_kind_of_food_has_its_limit(town: Town, kind: str, fits: float, breaks: float) -> None:
    food = {"title": "Plats", "category": "prepared", "grams": 1000, "temperature_kind": kind}
    tour = await a_round(town, await a_collection(town, items=[food]))
    for minute, degrees, frozen in ((5, fits, None), (6, breaks, "cold_chain")):
        said = await tour.reports(1, tour.step("temperature", minute, degrees=degrees))
        assert said["collections"][0]["items"][0]["frozen_because"] == frozen, degrees


@pytest.mark.parametrize(
    ("reason", "becomes"),
    [
        ("closed", "accepted"),
        ("nobody", "accepted"),
        ("no_room", "accepted"),
        ("missing", "failed"),
        ("refused", "failed"),
        ("other", "scheduled"),
        ("cold_chain", "scheduled"),
    ],
)
async def test_an_incident_at_the_pickup_has_its_consequence(town: Town, reason: str, becomes: str) -> None:
    tour = await a_round(town)
    incident = tour.step("incident", 5, incident={"reason": reason, "note": "Rideau baissé"})
    said = await tour.reports(1, incident)
    assert said["collections"][0]["status"] == becomes
    if becomes in ("accepted", "failed"):
        assert said["stop"]["state"] == "failed"
        late = await tour.takes(1, 10)  # they opened after all
        assert late["collections"][0]["status"] == "taken"
        assert late["stop"]["state"] == "done"


async def test_food_that_nobody_receives_stays_on_board(town: Town) -> None:
    tour = await a_round(town)
    await tour.takes(1)
    said = await tour.reports(tour.last, tour.step("incident", 30, incident={"reason": "nobody"}))
    assert said["collections"][0]["status"] == "taken"
    assert said["stop"]["state"] == "failed"


async def test_a_cancelled_collection_does_not_block_the_rest(town: Town) -> None:
    """coopcycle-web#4246 and food_rescue_app#424."""
    association = await town.an_association()
    tour = await a_round(town, *[await a_collection(town, association=association) for _ in range(2)])
    first, second = tour.collections
    await town.changes("update app.collections set status = 'cancelled' where id = $1", first.id)
    await town.changes("update app.stop_tasks set living = false where collection_id = $1", first.id)
    said = await tour.takes(1)
    assert said["collections"] == []
    await tour.takes(2, 10)
    await tour.leaves()
    assert (await tour.status(0), await tour.status(1)) == ("cancelled", "delivered")
    assert await town.value("select status from app.tours where id = $1", tour.id) == "done"
    assert await town.value("select count(*) from app.custody_entries where collection_id = $1", first.id) == 0
    assert second.id != first.id


async def test_a_collection_that_another_tour_has_now_does_not_come_back(town: Town) -> None:
    tour = await a_round(town)
    await tour.reports(1, tour.step("incident", 5, incident={"reason": "closed"}))
    await a_round(town, tour.collections[0])
    said = await tour.takes(1, 10)
    assert said["collections"][0]["status"] == "scheduled"
    assert await town.value("select count(*) from app.stop_tasks where living") == 2


async def test_an_old_tour_keeps_its_clock(town: Town) -> None:
    tour = await a_round(town)
    await town.clock((await town.now()) + timedelta(hours=70))
    assert (await tour.takes(1))["collections"][0]["status"] == "taken"


async def test_a_photo_of_a_step_is_seen_by_those_concerned_alone(town: Town) -> None:
    tour = await a_round(town)
    (one,) = tour.collections
    taken = accepted(await tour.collector.sends_photo(file_of(two_colours()), to="/photos")).json()
    step = tour.step("photo", 6, photo_id=taken["photo_id"], collection_id=str(one.id))
    await tour.reports(1, step)
    path = f"/photos/{taken['photo_id']}/full"
    for person in (tour.collector, one.shop.merchant, tour.association, await town.an_admin()):
        assert (await person.asks("GET", path)).status_code == 200
    for stranger in (await town.a_merchant(), await town.a_collector("Nadia"), await town.a_customer()):
        assert (await stranger.asks("GET", path)).status_code == 404

    other = await a_round(town)
    stolen = refusal_in(await other.sends(1, other.step("photo", 6, photo_id=taken["photo_id"])))
    assert (stolen.status, stolen.code) == (422, "step.photo_unknown")
    pending = await town.a_collector("Attend", status="pending")
    assert (await pending.sends_photo(file_of(two_colours()), to="/photos")).status_code == 403


@pytest.mark.parametrize(
    ("cold", "category", "fits", "breaks"),
    [
        ("frozen", "frozen", -15.0, -14.9),
        ("chilled", "cheese", 8.0, 8.1),
        ("chilled", "prepared_meals", 3.0, 3.1),
        ("chilled", "butcher", 4.0, 4.1),
        ("chilled", "other", 4.0, 4.1),
        ("none", "bakery", 30.0, None),
    ],
)
async def test_the_limit_follows_from_cold_and_category_if_nobody_said_the_kind(
    town: Town, cold: str, category: str, fits: float, breaks: float | None
) -> None:
    tour = await a_round(town, await a_collection(town, items=[{"cold": cold, "category": category}]))
    said = await tour.reports(1, tour.step("temperature", 5, degrees=fits))
    assert said["collections"][0]["items"][0]["frozen_because"] is None
    if breaks is not None:
        said = await tour.reports(1, tour.step("temperature", 6, degrees=breaks))
        assert said["collections"][0]["items"][0]["frozen_because"] == "cold_chain"


async def test_an_incident_and_a_broken_cold_chain_are_told_once(town: Town) -> None:
    milk = {"title": "Yaourts", "category": "dairy", "grams": 8000, "temperature_kind": "perishable"}
    tour = await a_round(town, await a_collection(town, items=[milk]))
    (one,) = tour.collections
    incident = tour.step("incident", 5, incident={"reason": "closed", "note": "Rideau baissé"})
    warm = tour.step("temperature", 12, degrees=12)
    for _ in range(2):
        await tour.reports(1, incident)
    await tour.takes(1, 10)
    for _ in range(2):
        await tour.reports(1, warm)
    for person in (one.shop.merchant, tour.association):
        told = [n for n in (await person.gets("/notices"))["data"] if n["event"] == "collection_incident"]
        assert len(told) == 2, told
    assert "collection_incident" not in str(await (await town.a_merchant()).gets("/notices"))
