"""Recalls by themselves: the worker reads the public feed, recalls what it names and asks an admin about the rest."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from backend.settings import settings
from tests.recall_feed import AS_KEPT, GTIN, OTHER, OTHER_AS_KEPT, RecallFeed, a_record
from tests.town import Admin, Lot, Town, refused
from tests.town.rounds import a_collection, a_round
from tests.visitors import read_mail


async def status(town: Town, lot: Lot) -> str:
    found: str = await town.value("select status from app.lots where id = $1", lot.id)
    return found


async def listed(odile: Admin, **wanted: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await odile.gets("/admin/recall-notices", **wanted))["data"]
    return found


async def decides(odile: Admin, notice: dict[str, Any], *, recall: bool, lots: list[Lot] | None = None) -> Any:
    body = {"recall": recall, "lots": [str(lot.id) for lot in lots or []]}
    return await odile.posts(f"/admin/recall-notices/{notice['id']}/decide", body)


async def asked(odile: Admin) -> list[str]:
    """Return the texts of the notices that ask an admin about a recall, newest first."""
    told = (await odile.gets("/notices"))["data"]
    return [notice["text"] for notice in told if notice["title"] == "À décider : un avis de rappel"]


def reasons(notice: dict[str, Any]) -> dict[str, str]:
    return {lot["lot_id"]: lot["because"] for lot in notice["lots"]}


async def test_a_notice_recalls_its_batch_and_tells_holder_and_shop(town: Town, recall_feed: RecallFeed) -> None:
    marc, odile = await town.a_customer("Marc"), await town.an_admin()
    named = await town.a_lot(gtin=AS_KEPT, batch="L 1", title="Tartinade")
    others = [await town.a_lot(gtin=AS_KEPT, batch="L2"), await town.a_lot(gtin=OTHER_AS_KEPT, batch="L1")]
    bought = await marc.buys(named, 2)
    recall_feed.records = [a_record("2026-11-0042", (GTIN, "l1"))]

    await town.worker_runs()
    await town.worker_runs()

    assert [await status(town, lot) for lot in (named, *others)] == ["recalled", "published", "published"]
    assert (await town.status_of(bought), await town.money(bought)) == ("cancelled", (800, 800))
    assert await town.stock_is_exact()
    mails = {
        mail.to: mail
        for template in ("lot_recalled", "recall_for_shop")
        for file in (town.folder / "mails").glob(f"*-{template}.eml")
        for mail in [read_mail(file.read_bytes())]
    }
    assert mails.keys() == {marc.email, named.shop.merchant.email}
    for mail in mails.values():
        assert "listeria" in mail.text
        assert f"le code-barres {GTIN}, numéro de lot l1" in mail.text
        assert "numéro 2026-11-0042 de RappelConso" in mail.text
    assert "lot_recalled" in [notice["event"] for notice in (await marc.gets("/notices"))["data"]]
    (notice,) = await listed(odile, waiting="false")
    assert (notice["number"], reasons(notice)) == ("2026-11-0042", {str(named.id): "exact"})
    (recall,) = (await odile.gets("/admin/recalls"))["data"]
    assert (recall["gtin"], recall["batch"], recall["notice"]) == (AS_KEPT, "l1", "2026-11-0042")
    (line,) = await town.rows("select actor_id, actor_role from app.audit_entries where action = 'recall.issued'")
    assert (line["actor_id"], line["actor_role"]) == (None, "rappelconso")
    assert await asked(odile) == []


async def test_nothing_is_read_without_an_address(
    town: Town, recall_feed: RecallFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ECOPANIER_RAPPELCONSO_URL")
    settings.cache_clear()
    recall_feed.records = [a_record("2026-11-0042")]

    await town.worker_runs()

    assert recall_feed.received == []


async def test_the_same_notice_again_does_nothing(town: Town, recall_feed: RecallFeed) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(gtin=AS_KEPT, batch="L1", opens_in=timedelta(hours=-1))
    reservation = await marc.buys(lot)
    await lot.shop.merchant.hands_over(await marc.pass_for(reservation))
    await town.changes("update app.lots set status = 'ended' where id = $1", lot.id)
    recall_feed.records = [a_record("2026-11-0042")]

    for _ in range(3):
        await town.worker_runs()
        recall_feed.records.append(a_record("2026-11-0042", numero_version=2, motif_rappel="autrement dit"))

    assert len(list((town.folder / "mails").glob("*-lot_recalled.eml"))) == 1
    assert await town.value("select count(*) from app.recalls") == 1


async def test_a_corrected_notice_counts_in_what_it_names_anew(town: Town, recall_feed: RecallFeed) -> None:
    lots = {batch: await town.a_lot(gtin=AS_KEPT, batch=batch) for batch in ("L1", "L2")}
    unsaid, odile = await town.a_lot(gtin=AS_KEPT), await town.an_admin()
    recall_feed.records = [a_record("2026-11-0042", (GTIN, "L1"))]
    await town.worker_runs()
    assert [await status(town, lot) for lot in (*lots.values(), unsaid)] == ["recalled", "published", "published"]
    await decides(odile, (await listed(odile, waiting="true"))[0], recall=False)
    await town.worker_runs()
    assert await listed(odile, waiting="true") == []

    recall_feed.records = [a_record("2026-11-0042", (GTIN, "L1"), (GTIN, "L2"), numero_version=2)]
    await town.worker_runs()

    assert await status(town, lots["L2"]) == "recalled"
    (notice,) = await listed(odile, waiting="true")  # the lot may be of the batch that was added
    assert notice["version"] == 2
    assert [lot["lot_id"] for lot in notice["lots"] if lot["decided_at"] is None] == [str(unsaid.id)]
    assert await town.value("select count(*) from app.recalls") == 2


async def test_an_admin_is_asked_about_what_a_notice_may_name(town: Town, recall_feed: RecallFeed) -> None:
    odile, marc = await town.an_admin(), await town.a_customer()
    day = await town.today() + timedelta(days=5)
    best: dict[str, Any] = {"gtin": OTHER_AS_KEPT, "date_kind": "best_before", "food_date": day}
    unsaid = await town.a_lot(gtin=AS_KEPT)
    dated, undated = await town.a_lot(**best), await town.a_lot(gtin=OTHER_AS_KEPT)
    later = await town.a_lot(**{**best, "food_date": day + timedelta(days=9)})
    known_by_name = await town.a_lot(title="Pâte à tartiner Les Noisettes")
    not_by_name = [await town.a_lot(title=title) for title in ("Sachet de noisettes", "Pâte à pizza")]
    bought = await marc.buys(unsaid)
    recall_feed.records = [
        a_record("2026-11-0042", (GTIN, "L1")),
        a_record("2026-11-0043", (OTHER, "tous les lots", "ddm", str(day), str(day)), libelle="x", marque_produit="y"),
    ]

    await town.worker_runs()

    assert await status(town, dated) == "recalled"
    still = (unsaid, undated, later, known_by_name, *not_by_name)
    assert {await status(town, lot) for lot in still} == {"published"}
    second, first = await listed(odile, waiting="true")
    assert reasons(first) == {str(unsaid.id): "batch_missing", str(known_by_name.id): "name"}
    assert reasons(second) == {str(dated.id): "exact", str(undated.id): "date_missing"}
    texts = await asked(odile)
    assert len(texts) == 2
    assert "tartiner aux noisettes" in texts[1]
    assert await town.status_of(bought) == "confirmed"

    decided = await decides(odile, first, recall=True, lots=[unsaid])

    assert {lot["lot_id"]: lot["recalled"] for lot in decided["lots"]} == {
        str(unsaid.id): True,
        str(known_by_name.id): None,
    }
    assert [await status(town, lot) for lot in (unsaid, known_by_name)] == ["recalled", "published"]
    await decides(odile, first, recall=False)
    await decides(odile, second, recall=True)
    await town.worker_runs()
    assert await town.status_of(bought) == "cancelled"
    assert (await status(town, known_by_name), await status(town, undated)) == ("published", "recalled")
    assert await listed(odile, waiting="true") == []
    mail = read_mail(next((town.folder / "mails").glob("*-lot_recalled.eml")).read_bytes())
    assert f"le code-barres {GTIN}, ce qu'indique l'avis officiel" in mail.text
    lines = await town.rows("select action, actor_id from app.audit_entries where actor_role = 'admin' order by id")
    assert {line["actor_id"] for line in lines} == {odile.id}
    assert [line["action"] for line in lines] == [
        "recall_notice.decided",
        "recall.issued",
        "recall_notice.decided",
        "recall_notice.decided",
        "recall.issued",
    ]


async def test_a_lot_without_a_trade_number_is_recalled_with_its_gifts(town: Town, recall_feed: RecallFeed) -> None:
    odile, marc = await town.an_admin(), await town.a_customer()
    lot = await town.a_lot(title="Pâte à tartiner Les Noisettes")
    await marc.gives(lot)
    recall_feed.records = [a_record("2026-11-0042", ("illisible", "voir la liste"))]
    await town.worker_runs()
    beside = await town.suspended_lot_of(lot)

    await decides(odile, (await listed(odile))[0], recall=True)
    for _ in range(2):
        await town.worker_runs()

    assert (await status(town, lot), await status(town, beside)) == ("recalled", "recalled")
    (recall,) = (await odile.gets("/admin/recalls"))["data"]
    assert (recall["gtin"], recall["batch"], recall["notice"]) == (None, None, "2026-11-0042")
    mail = read_mail(next((town.folder / "mails").glob("*-recall_for_shop.eml")).read_bytes())
    assert "Sont rappelés : ce qu'indique l'avis officiel." in mail.text


async def test_an_unreadable_batch_only_asks(town: Town, recall_feed: RecallFeed) -> None:
    odile, lot = await town.an_admin(), await town.a_lot(gtin=AS_KEPT, batch="L1")
    recall_feed.records = [a_record("2026-11-0042", (GTIN, "du l1 au l9"))]

    await town.worker_runs()

    assert await status(town, lot) == "published"
    assert reasons((await listed(odile, waiting="true"))[0]) == {str(lot.id): "batch_unreadable"}


async def test_food_of_a_notice_cannot_be_published_later(town: Town, recall_feed: RecallFeed) -> None:
    recall_feed.records = [a_record("2026-11-0042", (GTIN, "L1"))]
    await town.worker_runs()
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)

    for batch in ("l 1", None):  # without a batch it may be the one
        assert (await refused(sophie.lists(shop, gtin=GTIN, batch=batch))).code == "lot.recalled"
    assert (await sophie.lists(shop, gtin=GTIN, batch="L2"))["status"] == "published"

    # Half a year later nobody has to write down batches because of this notice, and the batch itself stays recalled.
    await town.clock(await town.now() + timedelta(days=181))
    assert (await sophie.lists(shop, gtin=GTIN, batch=None))["status"] == "published"
    assert (await refused(sophie.lists(shop, gtin=GTIN, batch="L1"))).code == "lot.recalled"


async def test_an_admin_is_asked_about_lots_published_later(town: Town, recall_feed: RecallFeed) -> None:
    odile, sophie = await town.an_admin(), await town.a_merchant()
    shop = await town.a_shop(sophie)
    recall_feed.records = [a_record("2026-11-0042", (GTIN, "voir la liste"))]
    await town.worker_runs()
    assert await listed(odile) == []

    lots = [await sophie.lists(shop, gtin=GTIN, batch="L1"), await sophie.lists(shop, gtin=OTHER)]
    lots.append(await sophie.lists(shop, title="Les Noisettes, pâte à tartiner"))
    lots.append(await sophie.lists(shop, title="Panier", publish=False))
    await sophie.asks("PATCH", f"/lots/{lots[1]['id']}", {"title": "Pâte à tartiner Les Noisettes"})

    (notice,) = await listed(odile, waiting="true")
    assert reasons(notice) == {lots[0]["id"]: "batch_unreadable", lots[2]["id"]: "name"}
    assert len(await asked(odile)) == 1  # once a day


async def test_a_lot_in_question_can_still_be_edited_and_given(town: Town, recall_feed: RecallFeed) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(gtin=AS_KEPT)
    recall_feed.records = [a_record("2026-11-0042", (GTIN, "L1"))]
    await town.worker_runs()

    assert (await lot.shop.merchant.asks("PATCH", f"/lots/{lot.id}", {"quantity": 9})).status_code == 200
    await marc.gives(lot)
    assert await status(town, await town.suspended_lot_of(lot)) == "published"


async def test_decisions_are_for_admins_taken_once_and_about_named_lots(town: Town, recall_feed: RecallFeed) -> None:
    odile, other = await town.an_admin(), await town.a_lot()
    lot = await town.a_lot(gtin=AS_KEPT)
    recall_feed.records = [a_record("2026-11-0042")]
    await town.worker_runs()
    (notice,) = await listed(odile)
    path = f"/admin/recall-notices/{notice['id']}/decide"

    for person in (lot.shop.merchant, await town.a_customer()):
        assert (await person.asks("POST", path, {"recall": True})).status_code == 403
        assert (await person.asks("GET", "/admin/recall-notices")).status_code == 403
    for where, body, code in (
        (path, {"recall": True, "lots": [str(other.id)]}, "recall_notice.lot_unknown"),
        (path, {"recall": True, "lots": [str(lot.id), str(other.id)]}, "recall_notice.lot_unknown"),
        (f"/admin/recall-notices/{uuid4()}/decide", {"recall": True}, "recall_notice.not_found"),
    ):
        assert (await refused(odile.posts(where, body))).code == code
    assert await status(town, lot) == "published"
    await decides(odile, notice, recall=False)
    for lots in ([], [str(lot.id)]):
        assert (await refused(odile.posts(path, {"recall": True, "lots": lots}))).code == "recall_notice.decided"
    assert await status(town, lot) == "published"


async def test_an_admin_s_own_recall_answers_what_was_asked(town: Town, recall_feed: RecallFeed) -> None:
    odile, lot = await town.an_admin(), await town.a_lot(gtin=AS_KEPT)
    recall_feed.records = [a_record("2026-11-0042")]
    await town.worker_runs()
    assert len(await listed(odile, waiting="true")) == 1

    await odile.posts("/admin/recalls", {"gtin": GTIN, "reason": "Listeria"})

    assert await status(town, lot) == "recalled"
    assert await listed(odile, waiting="true") == []


async def test_old_lots_and_other_goods_are_left_alone(town: Town, recall_feed: RecallFeed) -> None:
    old, gone = await town.a_lot(gtin=AS_KEPT, batch="L1"), await town.a_lot(gtin=AS_KEPT, batch="L1")
    await town.changes("update app.lots set status = 'ended', pickup_start = now() - interval '32 days', pickup_end ="
                       " now() - interval '31 days' where id = $1", old.id)  # fmt: skip
    recall_feed.records = [
        a_record("2026-11-0042", categorie_produit="jouets"),
        a_record("2024-01-0001", date_publication=datetime(2024, 1, 1, tzinfo=UTC).isoformat()),
    ]
    await town.worker_runs()
    assert await town.value("select count(*) from app.recall_notices") == 0

    recall_feed.records = [a_record("2026-11-0043")]
    await town.worker_runs()

    assert (await status(town, old), await status(town, gone)) == ("ended", "recalled")
    assert await town.value("select array_agg(lot_id) from app.recall_matches") == [gone.id]


async def test_the_next_reading_begins_thirty_days_before_the_newest(town: Town, recall_feed: RecallFeed) -> None:
    recall_feed.records = [
        a_record("2026-11-0042", date_publication="2099-01-01T00:00:00+00:00")
    ]  # a day that nobody believes
    await town.worker_runs()
    await town.worker_runs()

    today = (await town.now()).astimezone(UTC).date()
    asked = [request.path for request in recall_feed.received]
    assert f"{today - timedelta(days=30)}" in asked[1]
    assert f"{today.year - 1}-" in asked[0]


async def test_a_notice_reaches_food_that_was_collected_and_never_listed(town: Town, recall_feed: RecallFeed) -> None:
    items = [{"title": "Tartinade", "gtin": AS_KEPT, "batch": batch} for batch in ("L1", "L2")]
    tour = await a_round(town, await a_collection(town, items=items))
    await tour.takes(1)
    recall_feed.records = [a_record("2026-11-0042", (GTIN, "l1"))]
    for _ in range(2):
        await town.worker_runs()
    trace = await tour.association.gets(f"/collections/{tour.collections[0].id}/trace")
    assert [item["frozen_because"] for item in trace["items"]] == ["recalled", None]
    assert [entry["kind"] for entry in trace["entries"]] == ["taken", "recalled"]
    told = [notice["event"] for notice in (await tour.collector.gets("/notices"))["data"]]
    assert told.count("collection_recalled") == 1
