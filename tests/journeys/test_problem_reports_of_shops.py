"""Problem reports beyond one pickup: photos, closed doors that pause a shop, figures, the export and erasures."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import structlog

from backend import worker
from backend.observability.logs import configure_logs
from backend.photos import jobs as photos
from backend.settings import settings
from tests.journeys.test_kiosk import with_card
from tests.journeys.test_notices import events, told
from tests.journeys.test_photos import files_in
from tests.journeys.test_problem_reports import (
    WORDS,
    answers,
    bought,
    collected,
    decides,
    is_over,
    listed,
    reports,
    works_at,
)
from tests.photographs import file_of, jpeg_with_metadata, two_colours
from tests.town import Customer, Lot, Person, Reservation, Town, refused
from tests.town.answers import accepted, refusal_in
from tests.town.things import recurring_listing
from tests.visitors import mails

SECRET = "48.5839 rue de l'Épine 7"


async def uploads(person: Person, picture: bytes) -> httpx2.Response:
    return await person.sends_photo(picture, to="/photos")


async def finds_closed(town: Town, lot: Lot, name: str) -> tuple[Customer, Reservation]:
    person = await town.a_customer(name)
    return person, await person.buys(lot)


async def test_only_whom_a_report_concerns_sees_its_photo(town: Town) -> None:
    (marc, lot, held), odile = await bought(town), await town.an_admin()
    remy, stranger = await works_at(town, lot.shop, "reader", "Rémy"), await town.a_customer("Zoé")
    amina = await town.a_beneficiary()
    await collected(town, lot, marc, held)
    photo = accepted(await uploads(marc, jpeg_with_metadata(SECRET))).json()["photo_id"]
    path = f"/photos/{photo}/full"
    everybody: list[Person] = [marc, lot.shop.merchant, remy, odile, stranger, amina]

    async def seers() -> list[Person]:
        return [person for person in everybody if (await person.asks("GET", path)).status_code == 200]

    before = await seers()
    forged = await refused(reports(stranger, await _collected_by(town, lot, stranger), photo_id=photo))
    made = await reports(marc, held, photo_id=photo)

    assert (before, await seers()) == ([marc], [marc, lot.shop.merchant, remy, odile])
    assert (forged.status, forged.code) == (422, "problem_report.photo_unknown")
    assert made["photo_id"] == photo
    assert (await town.request("GET", f"/v1{path}")).status_code == 404
    shown = await remy.asks("GET", path)
    assert (shown.headers["content-type"], shown.headers["cache-control"]) == ("image/webp", "no-store")
    assert SECRET.encode() not in shown.content
    # It is no lot's to show, and no other report's.
    for body in ({**await town.lot_fields(lot.shop), "photo_id": photo},):
        assert (await refused(lot.shop.merchant.posts("/lots", body))).code == "lot.photo_unknown"
    again = await reports(stranger, await _collected_by(town, lot, stranger))
    assert again["photo_id"] is None
    assert refusal_in(await uploads(odile, file_of(two_colours()))).code == "access.forbidden"
    assert refusal_in(await uploads(marc, b"no picture")).code == "photo.wrong_type"


async def _collected_by(town: Town, lot: Lot, person: Customer) -> Reservation:
    return await collected(town, lot, person, await person.buys(lot))


async def test_a_photo_without_a_report_is_removed_after_a_day(town: Town) -> None:
    marc, lot, held = await bought(town)
    await collected(town, lot, marc, held)
    kept, lost = [accepted(await uploads(marc, file_of(two_colours()))).json()["photo_id"] for _ in range(2)]
    await reports(marc, held, photo_id=kept)
    await town.clock(await town.now() + timedelta(hours=25))
    assert files_in(town) == {kept, lost}

    async with worker.working(settings()) as (work, _):
        assert await photos.remove_orphans(work) == 1

    assert files_in(town) == {kept}


async def test_three_closed_doors_pause_a_shop_until_its_owner_resumes(town: Town) -> None:
    shop = await town.a_shop()
    lot, other = await town.a_lot(shop=shop, left=9), await town.a_lot(shop=shop, opens_in=timedelta(days=1))
    free = await town.a_free_lot(shop=shop)
    people = [await finds_closed(town, lot, name) for name in ("Marc", "Zoé", "Hugo")]
    amina = await town.a_beneficiary()
    waits = await amina.reserves(free)
    ines = await town.a_customer("Inès")
    await town.opens(lot)
    hold = await ines.reserves(lot)
    for person, held in people[:2]:
        await reports(person, held, "closed")
    assert (await shop.merchant.gets(f"/shops/{shop.id}"))["paused_at"] is None
    assert await _on_offer(town, lot) == {str(lot.id), str(other.id)}

    await reports(people[2][0], people[2][1], "closed")

    page = await shop.merchant.gets(f"/shops/{shop.id}")
    assert page["paused_at"] is not None
    assert "paused_at" not in (await people[0][0].gets(f"/shops/{shop.id}"))
    assert await _on_offer(town, lot) == set()
    assert (await people[0][0].tries_to_reserve(other)).status == 409
    assert [await town.status_of(held) for _, held in people] == ["confirmed"] * 3
    assert await town.status_of(waits) == "confirmed"
    assert "shop_paused" in events(await told(shop.merchant))
    fields = await town.lot_fields(shop)
    assert (await refused(shop.merchant.posts("/lots", fields))).code == "shop.paused"
    # Holds can be paid, and whoever comes is still served.
    assert (await ines.pays(hold)).status == "confirmed"
    await shop.merchant.hands_over(await amina.pass_for(waits))

    resumed = await shop.merchant.posts(f"/shops/{shop.id}/resume")

    assert resumed["paused_at"] is None
    assert await _on_offer(town, lot) == {str(lot.id), str(other.id)}
    await shop.merchant.posts("/lots", fields)
    noted = await town.rows(
        "select action, actor_id from app.audit_entries where action in ('shop.paused', 'shop.resumed') order by id"
    )
    assert [tuple(row) for row in noted] == [("shop.paused", people[2][0].id), ("shop.resumed", shop.merchant.id)]
    # Reports from before do not count again.
    await reports(ines, hold, "closed")
    assert (await shop.merchant.gets(f"/shops/{shop.id}"))["paused_at"] is None


async def _on_offer(town: Town, near: Lot) -> set[str]:
    where = {"near": f"{near.shop.latitude},{near.shop.longitude}", "radius_km": 1}
    found = (await town.request("GET", "/v1/lots", params=where)).json()["data"]
    return {lot["id"] for lot in found}


@pytest.mark.parametrize("between", ["pickup", "same person", "other kind", "nothing"])
async def test_a_pickup_or_one_person_alone_pauses_no_shop(town: Town, between: str) -> None:
    """The control is `nothing`: then the third report pauses."""
    lot = await town.a_lot(left=9)
    people = [await finds_closed(town, lot, name) for name in ("Marc", "Zoé", "Hugo")]
    inside = await finds_closed(town, lot, "Inès")
    again = await people[0][0].buys(lot)
    await town.opens(lot)
    for person, held in people[:2]:
        await reports(person, held, "closed")
    await town.clock(await town.now() + timedelta(minutes=1))
    if between == "pickup":
        await lot.shop.merchant.hands_over(await inside[0].pass_for(inside[1]))
        await town.clock(await town.now() + timedelta(minutes=1))
    person, held = (people[0][0], again) if between == "same person" else people[2]
    await reports(person, held, "missing" if between == "other kind" else "closed")

    paused = (await lot.shop.merchant.gets(f"/shops/{lot.shop.id}"))["paused_at"]
    assert (paused is not None) == (between == "nothing")


async def test_a_paused_shop_stays_paused_when_an_admin_verifies_it_anew(town: Town) -> None:
    odile, lot = await town.an_admin(), await town.a_lot()
    await town.changes("update app.shops set paused_at = now() where id = $1", lot.shop.id)
    await town.changes("update app.lots set status = 'paused' where id = $1", lot.id)

    await odile.verifies_shop(lot.shop.id)
    await odile.suspends_account(lot.shop.merchant)
    await odile.restores_account(lot.shop.merchant)
    still = await town.value("select status from app.lots where id = $1", lot.id)
    await lot.shop.merchant.posts(f"/shops/{lot.shop.id}/resume")

    assert (still, await town.value("select status from app.lots where id = $1", lot.id)) == ("paused", "published")


async def test_portions_not_collected_during_a_pause_are_refunded_once(town: Town) -> None:
    lot = await town.a_lot(left=9)
    people = [await finds_closed(town, lot, name) for name in ("Marc", "Zoé", "Hugo")]
    await town.opens(lot)
    made = [await reports(person, held, "closed") for person, held in people]
    await answers(lot.shop.merchant, made[0], "give_back", share=50)
    await is_over(town, lot)
    await is_over(town, lot)

    assert [await town.status_of(held) for _, held in people] == ["cancelled"] * 3
    assert [await town.money(held) for _, held in people] == [(400, 400)] * 3
    assert await town.value("select given_back_cents from app.problem_reports where answered_at is not null") == 0
    assert await town.stock_is_exact()


async def test_a_mail_about_a_report_is_not_sent_once_it_is_answered(town: Town) -> None:
    marc, lot, held = await bought(town)
    lea = await works_at(town, lot.shop, "staff")
    await collected(town, lot, marc, held)
    made = await reports(marc, held)
    await town.changes("delete from app.members where account_id = $1", lea.id)
    await town.worker_runs()
    assert [mail.to for mail in await mails(town) if "signalé" in mail.subject] == [lot.shop.merchant.email]
    other = await reports(marc, await _collected_by(town, lot, marc))
    for report in (made, other):
        await answers(lot.shop.merchant, report, "sorry")
    await town.worker_runs()
    assert len([mail for mail in await mails(town) if "signalé" in mail.subject]) == 1


async def test_admins_read_figures_of_each_shop(town: Town) -> None:
    (marc, lot, held), odile = await bought(town), await town.an_admin()
    await collected(town, lot, marc, held)
    made = await reports(marc, held)
    late = await reports(marc, await _collected_by(town, lot, marc), "missing")
    await answers(lot.shop.merchant, made, "give_back", share=50)
    await is_over(town, lot)
    await town.clock(await town.now() + timedelta(hours=73))

    (one,) = (await odile.gets("/admin/problem-reports/figures"))["data"]
    now = (await odile.gets("/admin/figures"))["now"]
    await decides(odile, late, "sorry")
    (after,) = (await odile.gets("/admin/problem-reports/figures"))["data"]

    assert one == {
        "shop_id": str(lot.shop.id),
        "shop": "Boulangerie du Marché",
        "paused_at": None,
        **{"pickups": 2, "reports": 2, "missing": 1, "quality": 1, "allergen": 0, "closed": 0, "other": 0},
        **{"answered": 1, "unanswered": 1, "to_decide": 1, "decided": 0, "given_back_cents": 200},
    }
    assert now["reports_to_decide"] == 1
    assert (after["to_decide"], after["decided"], after["unanswered"]) == (0, 1, 1)
    earlier = await odile.gets("/admin/problem-reports/figures", to="2020-01-01T00:00:00+01:00")
    assert earlier["data"] == []


async def test_a_report_is_exported_to_its_holder_and_erased_with_them(town: Town) -> None:
    jeanne, amina = await town.a_customer("Jeanne"), await town.a_beneficiary()
    lot = await town.a_lot()
    await jeanne.gives(lot)
    held = await amina.reserves(await town.suspended_lot_of(lot))
    await collected(town, lot, amina, held)
    photo = accepted(await uploads(amina, file_of(two_colours()))).json()["photo_id"]
    made = await reports(amina, held, photo_id=photo)
    await answers(lot.shop.merchant, made, "give_back")

    async def exported(person: Person, part: str) -> Any:
        async with town.sql_as(person) as sql:
            found = await sql.fetchval("select content from app.export_account() where file = $1", part)
        return json.loads(found) if found else None

    (own,) = await exported(amina, "problem_reports")
    (of_shop,) = await exported(lot.shop.merchant, "problem_reports_answered")
    assert (own["words"], own["reservation_id"], own["outcome"]) == (WORDS, str(held.id), "give_back")
    assert str(lot.id) not in json.dumps(own)
    assert WORDS not in json.dumps(of_shop)
    assert str(amina.id) not in json.dumps(of_shop)
    assert of_shop["answer"] == "Nous sommes désolés."

    await town.changes("select app.erase_account($1, 'test')", amina.id)
    await is_over(town, lot)

    (left,) = await town.rows("select words, answer, photo_id, given_back_cents from app.problem_reports")
    assert tuple(left) == ("", "", None, 400)
    assert files_in(town) == set()
    (seen,) = await listed(lot.shop.merchant)
    assert (seen["text"], seen["photo_id"]) == ("", None)
    assert "problem_reported" not in events(await told(lot.shop.merchant))


async def test_reports_are_forgotten_after_a_year_with_their_photos(town: Town) -> None:
    marc, lot, held = await bought(town)
    await collected(town, lot, marc, held)
    photo = accepted(await uploads(marc, file_of(two_colours()))).json()["photo_id"]
    await reports(marc, held, photo_id=photo)
    await town.clock(await town.now() + timedelta(days=364))
    await town.changes("select app.prune(100)")
    assert await town.value("select count(*) from app.problem_reports") == 1
    await town.clock(await town.now() + timedelta(days=3))
    await town.changes("select app.prune(100)")

    assert await town.value("select count(*) from app.problem_reports") == 0
    assert await town.value("select used from app.photos") is False


@pytest.fixture
def log() -> Iterator[Callable[[], str]]:
    """Log everything, and return what the process has logged since."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level, written = root.handlers, root.level, io.BytesIO()
    writer = configure_logs("debug", written)

    def said() -> str:
        writer.write_out()
        return written.getvalue().decode()

    yield said
    structlog.configure(**before)
    root.handlers, root.level = handlers, level


async def test_no_log_holds_the_words_that_people_write(town: Town, log: Callable[[], str]) -> None:
    """Also when the database refuses the row and its message holds all of it."""
    canaries = ("Quastrovîgne-a", "Quastrovîgne-b", "Quastrovîgne-c")
    (marc, lot, held), odile = await bought(town), await town.an_admin()
    await collected(town, lot, marc, held)
    body = {"kind": "quality", "text": canaries[0]}
    path = f"/reservations/{held.id}/problem-report"
    await town.changes("""
        create function app.trip() returns trigger language plpgsql as $$ begin raise exception 'over %', new; end $$;
        grant execute on function app.trip() to public;
        create trigger trip before insert or update on app.problem_reports for each row execute function app.trip()
    """)
    tripped = await marc.asks("POST", path, body)
    await town.changes("drop function app.trip cascade")
    long = await marc.asks("POST", path, {**body, "text": canaries[0] * 200})
    made = await marc.posts(path, body)
    again = await marc.asks("POST", path, body)
    await town.clock(await town.now() + timedelta(hours=73))
    late = await lot.shop.merchant.asks(
        "POST", f"/problem-reports/{made['id']}/answer", {"outcome": "sorry", "text": canaries[1]}
    )
    await odile.posts(f"/problem-reports/{made['id']}/decide", {"outcome": "sorry", "text": canaries[2]})
    await is_over(town, lot)

    assert [answer.status_code for answer in (tripped, long, again, late)] == [500, 422, 409, 409]
    assert "RaiseError" in log()  # the control: the failure is logged here
    assert [word for word in canaries if word in log()] == []
    kept = await town.rows(
        "select detail::text from app.audit_entries union all select args::text from jobs.procrastinate_jobs"
    )
    assert [row[0] for row in kept if "Quastrov" in str(row[0])] == []
    assert [word for word in canaries if any(word in answer.text for answer in (tripped, long, again, late))] == []


async def test_a_beneficiary_reports_and_reads_the_answer_at_a_kiosk(town: Town) -> None:
    _, kiosk, amina, card = await with_card(town)
    lot = await town.a_free_lot()
    held = await collected(town, lot, amina, await amina.reserves(lot))
    there = await kiosk.signs_in(card, amina)

    made = await reports(there, held)
    await answers(lot.shop.merchant, made, "in_kind")

    assert [one["answer"]["outcome"] for one in await listed(there)] == ["in_kind"]
    assert (await there.gets(f"/problem-reports/{made['id']}"))["status"] == "answered"
    assert (await refused(there.gets("/problem-reports", shop=lot.shop.id))).code == "kiosk.not_here"


async def test_a_lot_that_becomes_free_after_the_answer_waits_for_an_admin(town: Town) -> None:
    (marc, lot, held), odile = await bought(town), await town.an_admin()
    made = await reports(marc, await collected(town, lot, marc, held))
    await answers(lot.shop.merchant, made, "give_back")
    assert await listed(odile) == []
    await town.changes(
        "update app.lots set kind = 'free', price_before_free_cents = price_cents, price_cents = 0,"
        " becomes_free_at = now(), converted_at = now() where id = $1",
        lot.id,
    )
    await is_over(town, lot)

    assert [one["id"] for one in await listed(odile)] == [made["id"]]
    assert await town.money(held) == (400, 0)
    assert (await listed(lot.shop.merchant))[0]["status"] == "answered"
    assert "to_decide" in events(await told(odile))


async def test_a_recurring_lot_waits_while_its_shop_is_paused(town: Town) -> None:
    await town.clock("2026-11-30T12:00:00+01:00")
    shop = await town.a_shop()
    await shop.merchant.posts("/recurring-listings", recurring_listing(shop.id))
    await town.changes("update app.shops set paused_at = app.clock() where id = $1", shop.id)
    await town.clock("2026-11-30T18:01:00+01:00")
    await town.worker_runs()

    assert await town.value("select count(*) from app.lots") == 0

    await shop.merchant.posts(f"/shops/{shop.id}/resume")
    await town.worker_runs()
    assert await town.value("select status from app.lots") == "published"


async def test_a_visitor_cannot_report(town: Town) -> None:
    marc, lot, held = await bought(town)
    await collected(town, lot, marc, held)
    answer = await town.request(
        "POST", f"/v1/reservations/{held.id}/problem-report", json={"kind": "other", "text": "x"}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "access.unauthenticated")
