"""Tours: what collectors drive, planning a day, and accepting, declining, starting, reordering and closing them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.tours import jobs
from tests.town import Town
from tests.town.answers import accepted, refusal_in
from tests.town.rounds_planned import VEHICLE, a_driver, for_the_evening, later, noon, planned, status_of, tours_of


async def test_a_collector_says_what_they_drive(town: Town) -> None:
    karim, marc = await town.a_collector(), await town.a_customer()

    assert refusal_in(await karim.asks("GET", "/collectors/me")).code == "collector.no_profile"
    kept = accepted(await karim.asks("PUT", "/collectors/me", VEHICLE))
    read = accepted(await karim.asks("GET", "/collectors/me"))
    assert (read.json(), read.headers["etag"]) == (kept.json(), kept.headers["etag"])
    assert read.json()["hours"]["monday"] == VEHICLE["hours"]["monday"]

    faster = {**VEHICLE, "speed_kmh": 20}
    changed = accepted(await karim.asks("PUT", "/collectors/me", faster, headers={"If-Match": read.headers["etag"]}))
    assert changed.json()["speed_kmh"] == 20
    stale = await karim.asks("PUT", "/collectors/me", VEHICLE, headers={"If-Match": read.headers["etag"]})
    assert refusal_in(stale).code == "precondition.failed"
    assert (await karim.gets("/collectors/me"))["speed_kmh"] == 20
    abroad = await karim.asks("PUT", "/collectors/me", {**VEHICLE, "latitude": 52.5, "longitude": 13.4})
    assert refusal_in(abroad).code == "collector.outside_territory"
    warm = await karim.asks("PUT", "/collectors/me", {**VEHICLE, "cold_crates": 21})
    assert warm.status_code == 422
    assert refusal_in(await marc.asks("PUT", "/collectors/me", VEHICLE)).code == "access.forbidden"


async def test_a_planned_tour_is_accepted_driven_and_closed(town: Town) -> None:
    at = await noon(town)
    relais = await town.an_association()
    bread, fruit = await for_the_evening(town, at, relais), await for_the_evening(town, at, relais)
    karim, stranger = await a_driver(town), await a_driver(town, "Rachid", away_until=at.date().isoformat())

    plan = await planned(town, relais, at)

    assert (plan["status"], plan["tours"], plan["planned"], plan["unplanned"]) == ("done", 1, 2, [])
    (tour,) = await tours_of(relais, at)
    assert (tour["collector_id"], tour["status"], tour["collections"]) == (str(karim.id), "proposed", 2)
    assert await tours_of(stranger, at) == []
    assert refusal_in(await stranger.asks("GET", f"/tours/{tour['id']}")).code == "tour.not_found"
    page = await karim.gets(f"/tours/{tour['id']}")
    tasks = [(task["kind"], task["collection_id"]) for stop in page["stops"] for task in stop["tasks"]]
    assert sorted(tasks) == sorted((kind, str(one.id)) for kind in ("take", "leave") for one in (bread, fruit))
    assert len(page["stops"]) == 3, "both are left at one stop"
    assert tour["stops"] is None
    day = at.date().isoformat()
    for person in (karim, relais):
        (listed,) = accepted(await person.asks("GET", f"/tours?day={day}&days=2&stops=true")).json()["data"]
        assert listed["stops"] == page["stops"]

    await karim.posts(f"/tours/{tour['id']}/accept", {})
    assert [await status_of(town, one.id) for one in (bread, fruit)] == ["scheduled", "scheduled"]
    changes = await town.rows("select change, details from app.collection_changes where collection_id = $1", bread.id)
    assert [row["change"] for row in changes] == ["scheduled"]
    assert await town.value("select count(*) from app.notices where event = 'collection_scheduled'") > 0

    early = await karim.asks("POST", f"/tours/{tour['id']}/close", {})
    assert refusal_in(early).code == "tour.not_begun"
    started = await karim.asks("POST", f"/tours/{tour['id']}/start")
    assert accepted(started).json()["status"] == "under_way"
    ahead = await karim.asks("POST", f"/tours/{tour['id']}/close", {"driven_metres": 9000})
    assert refusal_in(ahead).code == "tour.stops_ahead"
    cancelled = await relais.asks("POST", f"/tours/{tour['id']}/cancel", {"reason": "Pluie"})
    assert refusal_in(cancelled).code == "tour.begun"
    await town.changes("update app.tour_stops set state = 'done'")
    closed = accepted(await karim.asks("POST", f"/tours/{tour['id']}/close", {"driven_metres": 9000})).json()
    assert (closed["status"], closed["driven_metres"]) == ("closed", 9000)


async def test_collections_in_no_tour_are_listed_with_the_reason(town: Town) -> None:
    at = await noon(town)
    relais = await town.an_association()
    fine = await for_the_evening(town, at, relais)
    heavy = await for_the_evening(town, at, relais, grams=900_000)
    professional = await for_the_evening(town, at, relais, carrier="professional")
    far = await for_the_evening(town, at, relais)
    await town.changes(
        "update app.collection_points set latitude = 47.75, longitude = 7.33 where shop_id = $1", far.shop.id
    )
    nowhere = await for_the_evening(town, at, relais)
    await town.changes(
        "update app.collection_points set latitude = null, longitude = null where shop_id = $1", nowhere.shop.id
    )
    await a_driver(town)

    plan = await planned(town, relais, at)

    assert plan["planned"] == 1
    assert {one["collection_id"]: one["reason"] for one in plan["unplanned"]} == {
        str(heavy.id): "no_vehicle_fits",
        str(professional.id): "no_professional",
        str(far.id): "outside_every_area",
        str(nowhere.id): "no_place",
    }
    assert await status_of(town, fine.id) == "accepted"


async def test_without_collectors_nothing_is_planned(town: Town) -> None:
    at = await noon(town)
    relais = await town.an_association()
    one = await for_the_evening(town, at, relais)
    pending = await town.a_collector("Nouveau", status="pending")
    accepted(await pending.asks("PUT", "/collectors/me", VEHICLE))

    plan = await planned(town, relais, at)

    assert (plan["status"], plan["tours"]) == ("done", 0)
    assert plan["unplanned"] == [{"collection_id": str(one.id), "reason": "no_collector"}]


async def test_planning_again_replaces_proposals_and_keeps_what_was_accepted(town: Town) -> None:
    at = await noon(town)
    relais = await town.an_association()
    first = await for_the_evening(town, at, relais)
    karim = await a_driver(town)
    before = await planned(town, relais, at)
    again = await planned(town, relais, at)
    assert {**again, "id": before["id"], "asked_at": None, "ended_at": None} == {
        **before,
        "asked_at": None,
        "ended_at": None,
    }
    (tour,) = await tours_of(relais, at)
    await karim.posts(f"/tours/{tour['id']}/accept", {})
    kept = await karim.gets(f"/tours/{tour['id']}")
    second = await for_the_evening(town, at, relais)

    plan = await planned(town, relais, at)

    assert plan["planned"] == 1
    assert await karim.gets(f"/tours/{tour['id']}") == kept
    (new,) = [one for one in await tours_of(relais, at) if one["id"] != tour["id"]]
    inside = await town.rows("select collection_id from app.stop_tasks where tour_id = $1", UUID(new["id"]))
    assert {row["collection_id"] for row in inside} == {second.id}
    assert await status_of(town, first.id) == "scheduled"


async def test_only_operators_plan_and_each_for_their_own(town: Town) -> None:
    at = await noon(town)
    relais, other, odile = await town.an_association(), await town.an_association("Autre"), await town.an_admin()
    await for_the_evening(town, at, relais)
    karim = await a_driver(town)
    day = {"day": at.date().isoformat()}

    assert refusal_in(await karim.asks("POST", "/tours/plan", day)).code == "access.forbidden"
    over = {"day": later(at, -24).date().isoformat()}
    assert refusal_in(await relais.asks("POST", "/tours/plan", over)).code == "tour_plan.day_out_of_range"
    plan = await planned(town, other, at)
    assert (plan["tours"], plan["unplanned"]) == (0, [])
    assert refusal_in(await relais.asks("GET", f"/tours/plans/{plan['id']}")).code == "tour_plan.not_found"
    asked = accepted(await relais.asks("POST", "/tours/plan", day))
    assert refusal_in(await relais.asks("POST", "/tours/plan", day)).code == "tour_plan.running"
    assert (await relais.gets(f"/tours/plans/{asked.json()['id']}"))["status"] == "queued"
    await town.worker_runs()
    assert (await planned(town, odile, at))["tours"] == 0, "the association's proposal holds the collection"


async def test_a_collector_who_drops_out_leaves_the_tour_open_to_others(town: Town) -> None:
    at = await noon(town)
    relais = await town.an_association()
    one = await for_the_evening(town, at, relais)
    karim = await a_driver(town)
    await planned(town, relais, at)
    (tour,) = await tours_of(karim, at, mine="true")
    await karim.posts(f"/tours/{tour['id']}/accept", {})
    await town.changes("update app.collection_points set access = 'Code 12A4'")

    gone = await karim.asks("POST", f"/tours/{tour['id']}/decline", {"reason": "Vélo en panne"})

    assert gone.status_code == 204
    assert await status_of(town, one.id) == "accepted"
    told = await town.rows("select account_id, event, facts from app.notices where event like 'tour%' order by id")
    assert [(row["account_id"], row["event"]) for row in told] == [(karim.id, "tour_offered"), (relais.id, "tour_open")]
    pending, rachid = await town.a_collector("Pas encore", status="pending"), await a_driver(town, "Rachid")
    assert await tours_of(pending, at) == []
    (open_,) = await tours_of(rachid, at)
    assert (open_["id"], open_["collector_id"]) == (tour["id"], None)
    page = await rachid.gets(f"/tours/{tour['id']}")
    assert {stop["access"] for stop in page["stops"]} == {""}
    (listed,) = accepted(await rachid.asks("GET", f"/tours?day={at.date().isoformat()}&stops=true")).json()["data"]
    assert listed["stops"] == page["stops"]
    secret = page["stops"][-1]  # an association that is not public: it is named to those in a collection with it
    assert (secret["name"], secret["address"], secret["latitude"]) == (None, "", None)
    assert page["stops"][0]["name"]
    taken = await rachid.asks("POST", f"/tours/{tour['id']}/accept")
    assert {stop["access"] for stop in accepted(taken).json()["stops"]} == {"Code 12A4"}
    assert accepted(taken).json()["stops"][-1]["name"] == "Le Relais"
    assert await status_of(town, one.id) == "scheduled"
    late = await karim.asks("POST", f"/tours/{tour['id']}/accept")
    assert refusal_in(late).code == "tour.not_open"


async def test_cancelling_a_tour_frees_its_collections(town: Town) -> None:
    at = await noon(town)
    relais, other = await town.an_association(), await town.an_association("Autre")
    one = await for_the_evening(town, at, relais)
    karim = await a_driver(town)
    await planned(town, relais, at)
    (tour,) = await tours_of(karim, at)
    await karim.posts(f"/tours/{tour['id']}/accept", {})
    why = {"reason": "Trop de neige"}
    assert refusal_in(await other.asks("POST", f"/tours/{tour['id']}/cancel", why)).code == "tour.not_found"
    assert await status_of(town, one.id) == "scheduled"

    assert (await relais.asks("POST", f"/tours/{tour['id']}/cancel", why)).status_code == 204

    assert await status_of(town, one.id) == "accepted"
    told = await town.rows("select account_id from app.notices where event = 'tour_cancelled'")
    assert [row["account_id"] for row in told] == [karim.id]
    start = await karim.asks("POST", f"/tours/{tour['id']}/start")
    assert refusal_in(start).code == "tour.not_accepted"
    assert (await planned(town, relais, at))["planned"] == 1


async def test_a_collection_that_is_unscheduled_leaves_its_tour(town: Town) -> None:
    at = await noon(town)
    relais = await town.an_association()
    one, other = await for_the_evening(town, at, relais), await for_the_evening(town, at, relais)
    karim = await a_driver(town)
    await planned(town, relais, at)
    (tour,) = await tours_of(karim, at)
    await karim.posts(f"/tours/{tour['id']}/accept", {})

    await town.changes("select app.unschedule($1, 'postponed')", one.id)

    assert [await status_of(town, which.id) for which in (one, other)] == ["accepted", "scheduled"]
    page = await karim.gets(f"/tours/{tour['id']}")
    assert {task["collection_id"] for stop in page["stops"] for task in stop["tasks"]} == {str(other.id)}


async def test_a_postponed_collection_leaves_a_proposed_tour(town: Town) -> None:
    at = await noon(town)
    relais = await town.an_association()
    one = await for_the_evening(town, at, relais)
    karim = await a_driver(town)
    await planned(town, relais, at)
    (tour,) = await tours_of(karim, at)

    window = {"window_start": later(at, 30).isoformat(), "window_end": later(at, 32).isoformat(), "reason": "Panne"}
    accepted(await relais.asks("POST", f"/collections/{one.id}/postpone", window))

    assert await status_of(town, one.id) == "accepted"
    taken = await karim.asks("POST", f"/tours/{tour['id']}/accept")
    assert refusal_in(taken).code == "tour.not_open"
    assert (await karim.gets(f"/tours/{tour['id']}"))["status"] == "cancelled", "nothing was left in it"
    assert (await planned(town, relais, later(at, 24)))["planned"] == 1


@pytest.mark.parametrize("how", ["suspended", "rejected"])
async def test_a_tour_whose_collector_is_gone_is_open_to_others(town: Town, how: str) -> None:
    at = await noon(town)
    relais = await town.an_association()
    one = await for_the_evening(town, at, relais)
    karim = await a_driver(town)
    await planned(town, relais, at)
    (tour,) = await tours_of(karim, at)
    await karim.posts(f"/tours/{tour['id']}/accept", {})
    await town.worker_runs()
    assert await status_of(town, one.id) == "scheduled", "control: who is there keeps the tour"
    odile = await town.an_admin()

    if how == "suspended":
        accepted(await odile.asks("POST", f"/admin/accounts/{karim.id}/suspend", {"reason": "Essai"}))
    else:
        verdict = {"decision": "rejected", "reason": "Essai"}
        accepted(await odile.asks("POST", f"/admin/collectors/{karim.id}/verify", verdict))
    await town.worker_runs()

    assert await status_of(town, one.id) == "accepted"
    rachid = await a_driver(town, "Rachid")
    assert [open_["collector_id"] for open_ in await tours_of(rachid, at)] == [None]
    told = await town.rows("select account_id from app.notices where event = 'tour_open'")
    assert [row["account_id"] for row in told] == [relais.id]


async def test_stops_are_put_in_another_order_that_can_be_driven(town: Town) -> None:
    at = await noon(town)
    relais = await town.an_association()
    await for_the_evening(town, at, relais)
    await for_the_evening(town, at, relais)
    karim = await a_driver(town)
    await planned(town, relais, at)
    (tour,) = await tours_of(karim, at)
    page = await karim.gets(f"/tours/{tour['id']}")

    async def puts(order: list[int]) -> Any:
        return await relais.asks("PUT", f"/tours/{tour['id']}/order", {"order": order})

    swapped = accepted(await puts([2, 1, 3])).json()
    assert [stop["point_id"] for stop in swapped["stops"]] == [page["stops"][at]["point_id"] for at in (1, 0, 2)]
    assert (swapped["planner"], swapped["version"]) == ("person", page["version"] + 1)
    broken = await puts([3, 1, 2])
    assert refusal_in(broken).code == "tour.order_broken"
    assert any("without having been picked up" in said for said in broken.json()["broken"])
    assert refusal_in(await puts([1, 2])).code == "tour.order_unknown"
    assert await karim.gets(f"/tours/{tour['id']}") == swapped


async def test_a_plan_whose_worker_died_is_made_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    at = await noon(town)
    relais = await town.an_association()
    one = await for_the_evening(town, at, relais)
    await a_driver(town)
    asked = (await relais.posts("/tours/plan", {"day": at.date().isoformat(), "effort": 1}))["id"]
    # The dead worker had begun it.
    await town.value("select app.begin_plan($1)", UUID(asked))
    assert (await relais.gets(f"/tours/plans/{asked}"))["status"] == "running"

    await town.worker_runs()

    assert (await relais.gets(f"/tours/plans/{asked}"))["planned"] == 1
    # One that was only thought dead writes nothing more.
    await town.changes("select app.write_plan($1, '[]', '[]', 'greedy', null)", UUID(asked))
    assert len(await tours_of(relais, at)) == 1
    assert await town.value("select count(*) from app.stop_tasks where collection_id = $1", one.id) == 2
    assert jobs.TELL_EVERY_SECONDS > 0


async def test_a_collection_cancelled_while_it_was_planned_is_left_out(town: Town) -> None:
    at = await noon(town)
    relais = await town.an_association()
    gone, stays = await for_the_evening(town, at, relais), await for_the_evening(town, at, relais)
    await a_driver(town)
    await planned(town, relais, at)
    rows = await town.value(
        "select jsonb_build_array(jsonb_build_object('collector_id', t.collector_id, 'begins_at', t.begins_at,"
        " 'ends_at', t.ends_at, 'metres', t.metres, 'stops', (select jsonb_agg(jsonb_build_object("
        " 'point_id', s.point_id, 'arrives_at', s.arrives_at, 'leaves_at', s.leaves_at, 'tasks', (select jsonb_agg("
        " jsonb_build_object('collection_id', k.collection_id, 'version', 1, 'kind', k.kind)) from app.stop_tasks k"
        " where k.tour_id = t.id and k.number = s.number)) order by s.number) from app.tour_stops s"
        " where s.tour_id = t.id)))::text from app.tours t"
    )
    asked = (await relais.posts("/tours/plan", {"day": at.date().isoformat(), "effort": 1}))["id"]
    await town.value("select app.begin_plan($1)", UUID(asked))
    await town.changes("update app.collections set status = 'cancelled' where id = $1", gone.id)

    await town.changes(
        "select app.write_plan($1, cast(cast($2 as text) as jsonb), '[]', 'greedy', null)", UUID(asked), rows
    )

    plan = await relais.gets(f"/tours/plans/{asked}")
    assert (plan["planned"], plan["unplanned"]) == (1, [{"collection_id": str(gone.id), "reason": "changed"}])
    inside = await town.rows("select distinct collection_id from app.stop_tasks where living")
    assert [row["collection_id"] for row in inside] == [stays.id]
    numbers = await town.rows("select number from app.tour_stops order by number")
    assert [row["number"] for row in numbers] == [1, 2]


async def test_a_collector_sees_what_waits_for_a_tour_near_them_and_no_more(town: Town) -> None:
    at = await noon(town)
    relais, public = await town.an_association(), await town.an_association("Public")
    near = await for_the_evening(town, at, relais, notes="Code 12A4")
    await for_the_evening(town, at, relais, carrier="professional")
    await for_the_evening(town, at, relais, grams=900_000)
    await for_the_evening(town, at, relais, status="requested")
    await for_the_evening(town, at, relais, window_end=at, window_start=later(at, -1))
    cold = await for_the_evening(town, at, public, cold="chilled", window_start=at.replace(hour=19))
    await town.changes("update app.associations set is_public = true where id = $1", public.id)
    await town.changes("update app.collection_points set access = 'Code 12A4'")
    karim, pending = await a_driver(town), await town.a_collector("Pas encore", status="pending")
    path = "/collectors/me/open-collections"
    assert refusal_in(await pending.asks("GET", path)).code == "collector.no_profile"
    accepted(await pending.asks("PUT", "/collectors/me", VEHICLE))
    assert (await pending.gets(path))["data"] == []
    assert refusal_in(await relais.asks("GET", path)).code == "access.forbidden"

    seen = await karim.gets(path)

    assert [(one["id"], one["receiver"]) for one in seen["data"]] == [(str(near.id), None), (str(cold.id), "Public")]
    assert "12A4" not in str(seen)
    assert refusal_in(await karim.asks("GET", f"/collections/{near.id}")).code == "collection.not_found"
    warm = {**VEHICLE, "cold_crates": 0}
    accepted(await karim.asks("PUT", "/collectors/me", warm))
    assert [one["id"] for one in (await karim.gets(path))["data"]] == [str(near.id)]
    accepted(await karim.asks("PUT", "/collectors/me", {**warm, "latitude": 43.3, "longitude": 5.4}))
    assert (await karim.gets(path))["data"] == []
    accepted(await karim.asks("PUT", "/collectors/me", VEHICLE))
    await planned(town, await town.an_admin(), at)
    (tour,) = await tours_of(karim, at, mine="true")
    await karim.posts(f"/tours/{tour['id']}/accept", {})
    assert str(near.id) not in [one["id"] for one in (await karim.gets(path))["data"]]


LATE = {day: [{"opens": "00:00", "closes": "01:00"}, {"opens": "21:00", "closes": "24:00"}] for day in VEHICLE["hours"]}


@pytest.mark.parametrize("goes_on", [True, False])
async def test_an_evening_may_cross_midnight_where_its_hours_go_on(town: Town, goes_on: bool) -> None:
    at = await noon(town)
    relais = await town.an_association()
    late = {"window_start": at.replace(hour=23, minute=50), "window_end": later(at, 12.7)}
    one = await for_the_evening(town, at, relais, **late)
    hours = LATE if goes_on else {day: [spans[1]] for day, spans in LATE.items()}
    karim = await a_driver(town, hours=hours)

    plan = await planned(town, relais, at)

    if not goes_on:  # the control
        assert (plan["tours"], [left["reason"] for left in plan["unplanned"]]) == (0, ["out_of_reach"])
        return
    assert (plan["tours"], plan["unplanned"]) == (1, [])
    (tour,) = await tours_of(karim, at, mine="true")
    midnight = later(at, 12)
    assert datetime.fromisoformat(tour["begins_at"]) < midnight < datetime.fromisoformat(tour["ends_at"])
    assert datetime.fromisoformat(tour["ends_at"]) <= later(at, 13)
    await karim.posts(f"/tours/{tour['id']}/accept", {})

    # The next day's plan does not use the collector while they still drive.
    early = await for_the_evening(
        town,
        at,
        relais,
        window_start=midnight,
        window_end=datetime.fromisoformat(tour["ends_at"]) - timedelta(minutes=1),
    )
    await town.clock(datetime.fromisoformat(tour["begins_at"]))
    tomorrow = later(at, 24)
    assert [left["collection_id"] for left in (await planned(town, relais, tomorrow))["unplanned"]] == [str(early.id)]

    await karim.posts(f"/tours/{tour['id']}/start", {})
    await town.clock(later(at, 12.2))
    for number, kind in ((1, "taken"), (2, "left")):
        moment = (await town.now()).isoformat()
        said = {"step_id": str(uuid4()), "kind": kind, "at": moment, "collection_id": str(one.id)}
        accepted(await karim.asks("POST", f"/tours/{tour['id']}/stops/{number}/steps", said))
    assert await status_of(town, one.id) == "delivered"
    closed = accepted(await karim.asks("POST", f"/tours/{tour['id']}/close", {})).json()
    assert closed["status"] == "closed"
