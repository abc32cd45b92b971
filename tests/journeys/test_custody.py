"""The chain of custody: who reads it, and that a changed, removed or moved entry is found."""

from dataclasses import replace

import pytest

from backend.custody.check import Checked, check_custody
from backend.settings import settings
from backend.worker import working
from tests.town import Town
from tests.town.answers import refusal_in
from tests.town.rounds import Round, a_collection, a_round


async def checked(town: Town) -> Checked:
    async with working(settings()) as (work, _):
        return await check_custody(work.acts)


async def a_day(town: Town) -> Round:
    """Take and leave two collections, so that each chain has four entries."""
    association = await town.an_association()
    tour = await a_round(town, *[await a_collection(town, association=association) for _ in range(2)])
    for number in (1, 2):
        await tour.takes(number, number * 5)
        await tour.reports(number, tour.step("temperature", number * 5 + 1, degrees=3.5))
    await tour.leaves()
    await tour.reports(tour.last, tour.step("signature", 31, signature={"by": "receiver", "name": "Amina"}))
    return tour


async def test_those_concerned_read_the_chain_and_it_names_nobody(town: Town) -> None:
    tour = await a_day(town)
    one = tour.collections[0]
    seen = [
        await person.gets(f"/collections/{one.id}/trace")
        for person in (one.shop.merchant, one.association, tour.collector, await town.an_admin())
    ]
    assert all(trace == seen[0] for trace in seen)
    entries = seen[0]["entries"]
    assert [entry["kind"] for entry in entries] == ["taken", "temperature", "left", "signature"]
    assert entries[0]["previous"] == "0" * 64
    assert [entry["previous"] for entry in entries[1:]] == [entry["hash"] for entry in entries[:-1]]
    assert "Amina" not in str(seen[0])
    assert str(tour.collector.id) not in str(seen[0])

    for stranger in (await town.a_merchant(), await town.an_association("Ailleurs"), await town.a_collector("Nadia")):
        refusal = refusal_in(await stranger.asks("GET", f"/collections/{one.id}/trace"))
        assert (refusal.status, refusal.code) == (404, "collection.not_found")


async def test_a_lot_leads_to_the_collections_that_took_from_it(town: Town) -> None:
    shop = await town.a_shop()
    lot = await town.a_lot(shop=shop)
    one = await a_collection(town, shop=shop, items=[{"lot_id": lot.id, "portions": 2}])
    await (await a_round(town, one)).takes(1)
    (trace,) = (await shop.merchant.gets(f"/lots/{lot.id}/trace"))["data"]
    assert trace["items"][0]["taken_portions"] == 2
    assert (await (await town.a_merchant()).gets(f"/lots/{lot.id}/trace"))["data"] == []


async def test_the_check_finds_nothing_in_untouched_chains(town: Town) -> None:
    await a_day(town)
    found = await checked(town)
    assert (found.chains, found.entries, found.broken) == (2, 8, [])
    assert (await checked(town)).digest == found.digest


@pytest.mark.parametrize(
    ("tampering", "problems"),
    [
        ("update app.custody_entries set content = '{\"degrees\": 2}' where number = 2", {(2, "changed")}),
        ("update app.custody_entries set at = at - interval '1 hour' where number = 1", {(1, "changed")}),
        ("delete from app.custody_entries where number = 2", {(2, "missing"), (3, "unlinked")}),
        ("delete from app.custody_entries where number = 4", {(4, "missing")}),
        ("delete from app.custody_entries where number > 0", {(None, "headless"), (None, "untold")}),
        (
            "update app.custody_entries set number = case number when 2 then 3 else 2 end where number in (2, 3)",
            {(2, "changed"), (2, "unlinked"), (3, "changed"), (3, "unlinked"), (4, "unlinked")},
        ),
        (
            "with gone as (delete from app.custody_entries where number = 4) update app.custody_heads set entries = 3",
            {(3, "missing")},
        ),
    ],
)
async def test_a_changed_removed_or_moved_entry_is_found(
    town: Town, tampering: str, problems: set[tuple[int | None, str]]
) -> None:
    tour = await a_day(town)
    only = f" and collection_id = '{tour.collections[0].id}'"
    await town.changes("alter table app.custody_entries disable trigger user")
    await town.changes("alter table app.custody_entries drop constraint custody_entries_place_key")
    if "heads" in tampering:
        tampering = tampering.replace("number = 4", f"number = 4{only}") + f" where true{only}"
    else:
        tampering += only
    await town.changes(tampering)
    found = await checked(town)
    assert {(one.number, one.problem) for one in found.broken} == problems
    assert {one.collection_id for one in found.broken} == {tour.collections[0].id}


async def test_a_rewritten_chain_shows_in_the_digest(town: Town) -> None:
    await a_day(town)
    before = await checked(town)
    await town.changes("alter table app.custody_entries disable trigger user")
    await town.changes("update app.custody_entries set content = '{}' where number = 4")
    await town.changes("update app.custody_entries e set hash = app.custody_hash(e) where number = 4")
    await town.changes(
        "update app.custody_heads h set hash = e.hash from app.custody_entries e"
        " where e.collection_id = h.collection_id and e.number = 4"
    )
    after = await checked(town)
    assert after.broken == []
    assert after.digest != before.digest
    assert replace(after, digest="") == replace(before, digest="")


async def test_entries_cannot_be_changed(town: Town) -> None:
    await a_day(town)
    with pytest.raises(Exception, match=r"record\.append_only"):
        await town.changes("update app.custody_entries set content = '{}'")


GTIN, BATCH = "03017620422003", "L1"


@pytest.mark.parametrize(
    ("until", "held_by"),
    [("asked", "giver"), ("taken", "collector"), ("left", "association"), ("received", "association")],
)
async def test_a_recall_reaches_what_was_collected_and_names_who_holds_it(town: Town, until: str, held_by: str) -> None:
    food = {"title": "Tartinade", "gtin": GTIN, "batch": BATCH}
    tour = await a_round(town, await a_collection(town, items=[food, {"title": "Pains"}]))
    other = await a_collection(town, items=[{**food, "batch": "L2"}], status="accepted")
    (one,) = tour.collections
    if until != "asked":
        await tour.takes(1)
    if until in ("left", "received"):
        await tour.leaves()
    path = f"/collections/{one.id}/reception"
    if until == "received":
        await tour.association.posts(path, {})

    odile = await town.an_admin()
    await odile.posts("/admin/recalls", {"gtin": "3017620422003", "batch": BATCH, "reason": "Listeria"})

    trace = await tour.association.gets(f"/collections/{one.id}/trace")
    assert [item["frozen_because"] for item in trace["items"]] == ["recalled", None]
    assert trace["entries"][-1]["kind"] == "recalled"
    assert trace["entries"][-1]["content"]["held_by"] == held_by
    assert (await other.association.gets(f"/collections/{other.id}/trace"))["entries"] == []
    for person in (one.shop.merchant, tour.association, tour.collector):
        (told,) = [n for n in (await person.gets("/notices"))["data"] if n["event"] == "collection_recalled"]
        assert "Tartinade" in str(told)
    assert "collection_recalled" not in str(await other.association.gets("/notices"))
    if until in ("taken", "left"):
        accepted = {"items": [{"item_id": str(one.items[0]), "grams": 30_000}]}
        refusal = refusal_in(await tour.association.asks("POST", path, accepted))
        assert (refusal.status, refusal.code) == (409, "reception.item_frozen")
        got = await tour.association.posts(path, {})
        assert (got["accepted_grams"], got["refused_grams"]) == (30_000, 30_000)


async def test_a_recalled_lot_freezes_what_was_collected_from_it(town: Town) -> None:
    lot = await town.a_lot(gtin=GTIN, batch=BATCH)
    one = await a_collection(town, shop=lot.shop, items=[{"lot_id": lot.id, "portions": 2}])
    await (await a_round(town, one)).takes(1)
    odile = await town.an_admin()
    await odile.posts("/admin/recalls", {"gtin": "3017620422003", "reason": "Listeria"})
    (trace,) = (await lot.shop.merchant.gets(f"/lots/{lot.id}/trace"))["data"]
    assert trace["items"][0]["frozen_because"] == "recalled"
