"""Notices: each role is told what concerns it, in the app and by mail, as each person prefers."""

import email
import email.policy
import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from backend.mail import rendering
from backend.notices.titles import titles
from backend.sealing.seals import SEALED_ADDRESS, address_look_up, keyring
from backend.written_times import written_day
from tests.town import Person, Town, refused
from tests.visitors import Mail, Visitor, mails, read_mail


async def told(person: Person, **wanted: Any) -> list[dict[str, Any]]:
    """Run the due jobs, then return the notices of a person, newest first."""
    await person.town.worker_runs()
    notices: list[dict[str, Any]] = (await person.gets("/notices", limit=100, **wanted))["data"]
    return notices


def events(notices: list[dict[str, Any]]) -> list[str]:
    return [notice["event"] for notice in notices]


async def chooses(person: Person, wanted: bool, *channels: str, event: str | None = None) -> dict[str, Any]:
    """Turn everything that a person may choose on or off, or one event."""
    offered = (await person.gets("/me/notice-preferences"))["preferences"]
    chosen = [
        {"event": one["event"], "channel": one["channel"], "wanted": wanted}
        for one in offered
        if one["optional"] and one["channel"] in channels and event in (None, one["event"])
    ]
    answer = await person.asks("PUT", "/me/notice-preferences", {"preferences": chosen})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def mail_of(town: Town, event: str) -> EmailMessage:
    """Return the latest mail of an event as it was sent."""
    raw = sorted((town.folder / "mails").glob(f"*-{event}.eml"))[-1].read_bytes()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def test_a_confirmed_reservation_is_told_in_the_app_and_by_mail(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot()
    await marc.buys(lot, 2)

    (notice,) = await told(marc)
    (mail,) = await mails(town, marc.email)

    assert notice["event"] == "reservation_confirmed"
    assert notice["title"] == mail.subject
    assert notice["title"].startswith("Votre réservation est confirmée : ")
    assert "2 portions de ce lot sont à vous" in notice["text"]
    assert (notice["read_at"], notice["deliveries"]) == (None, [{"channel": "mail", "state": "sent"}])
    # What the mail encloses stays out of the notice.
    assert "Code" not in notice["text"]
    assert notice["link"] is None


async def test_the_mail_of_a_reservation_encloses_its_pass_and_the_window(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot()
    shown = await marc.pass_for(await marc.buys(lot))
    (mail,) = await mails(town, marc.email)

    message = mail_of(town, "reservation_confirmed")
    picture, calendar = (part for part in message.walk() if part.get_filename())
    assert (picture.get_content_type(), picture["Content-ID"], picture.get_content_disposition()) == (
        "image/png", "<pass>", "inline")  # fmt: skip
    assert '<img src="cid:pass"' in mail.html
    assert picture.get_content() == (await marc.asks("GET", f"/reservations/{shown.reservation.id}/pass.png")).content
    assert f"Code : {shown.code}" in mail.text
    assert f"Numéro : {shown.pin}" in mail.text
    assert calendar.get_content_type() == "text/calendar"
    written = calendar.get_content()
    assert f"DTSTART:{lot.pickup_start:%Y%m%dT%H%M%SZ}" in written
    assert f"DTEND:{lot.pickup_end:%Y%m%dT%H%M%SZ}" in written
    assert shown.code not in written
    assert message["Date"]
    assert message["Message-ID"]
    assert max(len(line) for line in message.as_bytes().split(b"\n")) <= 998
    assert len(message.as_bytes()) <= 40_000


async def test_the_link_of_the_mail_shows_the_pass_until_it_is_renewed(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot()
    shown = await marc.pass_for(await marc.buys(lot))
    (mail,) = await mails(town, marc.email)
    link = mail.link
    assert link.startswith("/my-pass/")

    for _ in range(2):  # a mail program's scanner opens it first
        page = await town.request("GET", link)
        assert page.status_code == 200
        assert f"{shown.code[:5]} {shown.code[5:]}" in page.text
        assert f"{shown.pin[:3]} {shown.pin[3:]}" in page.text
        assert (page.headers["referrer-policy"], page.headers["cache-control"]) == ("no-referrer", "no-store")
    assert "Your pass" in (await town.request("GET", link, headers={"Accept-Language": "en"})).text
    # Not the last character: some of its bits mean nothing.
    forged = link[:-5] + ("A" if link[-5] != "A" else "B") + link[-4:]
    assert (await town.request("GET", forged)).status_code == 404
    assert (await town.request("GET", "/my-pass/nonsense")).status_code == 404

    await marc.posts(f"/reservations/{shown.reservation.id}/pass")
    after = await town.request("GET", link)
    assert after.status_code == 404
    assert "Lien périmé" in after.text
    assert shown.code not in after.text


async def test_mails_of_free_suspended_and_paid_portions_look_the_same(town: Town) -> None:
    shop = await town.a_shop()
    opens = timedelta(hours=5)
    lot, free = await town.a_lot(shop=shop, opens_in=opens), await town.a_free_lot(shop=shop, opens_in=opens)
    marc, amina, zoe = await town.a_customer(), await town.a_beneficiary(), await town.a_beneficiary("Zoé")
    for person, address in ((amina, "amina@example.org"), (zoe, "zoe@example.org")):
        await has_confirmed(town, person, address)
    await marc.gives(lot)
    beside = await town.suspended_lot_of(lot)
    await marc.buys(lot)
    await amina.reserves(free)
    await zoe.reserves(beside)
    await town.changes("update app.lots set pickup_start = $1, pickup_end = $2", lot.pickup_start, lot.pickup_end)
    made = await mails(town)

    def plain(mail: Mail) -> list[str]:
        """Leave out what differs between any two reservations."""
        varying = r"(Code|Numéro) : \w+|/my-pass/[\w-]+|/unsubscribe/[\w-]+|<dd.*"
        return [re.sub(varying, "", part) for part in (mail.subject, mail.text, mail.html)]

    confirmed = [mail for mail in made if mail.subject.startswith("Votre réservation est confirmée")]
    assert {mail.to for mail in confirmed} == {str(marc.email), "amina@example.org", "zoe@example.org"}
    assert all(plain(mail) == plain(confirmed[0]) for mail in confirmed)


async def has_confirmed(town: Town, person: Person, address: str) -> None:
    """Give a beneficiary an address that they have confirmed."""
    row = (await town.rows("select wrapped, master_key from key_vault.data_keys where account_id = $1", person.id))[0]
    key = keyring().data_key(person.id, row["wrapped"], row["master_key"])
    await town.changes(
        "insert into app.sealed_addresses (account_id, sealed, lookup, verified_at) values ($1, $2, $3, now())",
        person.id,
        key.seal(SEALED_ADDRESS, address.encode()),
        address_look_up(keyring(), address),
    )


async def test_notices_are_read_one_by_one_or_all_at_once(town: Town) -> None:
    marc = await town.a_customer()
    for _ in range(3):
        await marc.buys(await town.a_lot())
    newest, *others = await told(marc)

    read = await marc.posts(f"/notices/{newest['id']}/read")
    assert read["read_at"]
    assert (await marc.posts(f"/notices/{newest['id']}/read"))["read_at"] == read["read_at"]
    assert [one["id"] for one in await told(marc, unread="true")] == [one["id"] for one in others]
    assert [one["id"] for one in await told(marc, unread="false")] == [newest["id"]]
    assert (await marc.posts("/notices/read-all"))["read"] == 2
    assert await told(marc, unread="true") == []

    first = await marc.gets("/notices", limit=2)
    second = await marc.gets("/notices", limit=2, after=first["next"])
    assert [len(page["data"]) for page in (first, second)] == [2, 1]


async def test_notices_of_others_do_not_exist(town: Town) -> None:
    marc, lea = await town.a_customer(), await town.a_customer("Léa")
    await marc.buys(await town.a_lot())
    (notice,) = await told(marc)

    assert await told(lea) == []
    refusal = await refused(lea.posts(f"/notices/{notice['id']}/read"))
    assert (refusal.status, refusal.code) == (404, "notice.not_found")
    assert (await told(marc))[0]["read_at"] is None
    assert (await town.request("GET", "/v1/notices")).status_code == 401


async def test_turning_everything_off_leaves_only_mandatory_notices(town: Town) -> None:
    marc, sophie = await town.a_customer(), await town.a_merchant()
    shop, odile = await town.a_shop(sophie), await town.an_admin()
    for person in (marc, sophie, odile):
        chosen = await chooses(person, False, "app", "mail")
        assert all(one["wanted"] is not one["optional"] for one in chosen["preferences"] if one["channel"] == "mail")
    lot, other = await town.a_lot(shop=shop, left=1), await town.a_lot(shop=shop)
    await marc.buys(lot)
    await marc.cancels(await marc.buys(other))
    await town.a_shop(await town.a_merchant())
    await sophie.withdraws(lot)
    await odile.posts(f"/admin/shops/{shop.id}/verify", {"decision": "rejected", "reason": "SIRET"})

    assert events(await told(marc)) == ["lot_withdrawn"]
    assert events(await told(sophie)) == ["shop_decided"]
    assert await told(odile) == []
    assert sorted(mail.to for mail in await mails(town)) == sorted([str(marc.email), str(sophie.email)])


async def test_control_who_turned_nothing_off_gets_all_of_it(town: Town) -> None:
    marc, sophie, odile = await town.a_customer(), await town.a_merchant(), await town.an_admin()
    shop = await town.a_shop(sophie)
    lot, other = await town.a_lot(shop=shop, left=1), await town.a_lot(shop=shop)
    await marc.buys(lot)
    await holds_are_over(town)
    await marc.cancels(await marc.buys(other))
    await sophie.withdraws(lot)

    assert set(events(await told(marc))) == {"reservation_confirmed", "reservation_cancelled", "lot_withdrawn"}
    assert set(events(await told(sophie))) == {"first_reservation", "sold_out"}
    assert events(await told(odile)) == ["to_decide"]


async def test_a_channel_that_is_turned_off_before_the_mail_goes_stops_it(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot()
    held = await marc.buys(lot)
    await town.changes("select app.notify($1, 'pickup_reminder', $2::jsonb, 'x', null, $3)", marc.id,
                       '{"portions": 1, "lot": {}}', held.id)  # fmt: skip
    await chooses(marc, False, "mail", event="pickup_reminder")

    assert [mail.subject for mail in await mails(town, marc.email)] == [(await confirmed_of(marc))["title"]]
    assert await town.value("select count(*) from app.notice_deliveries where state = 'queued'") == 0


async def confirmed_of(person: Person) -> dict[str, Any]:
    rows = await person.town.rows("delete from app.notices where event = 'pickup_reminder' returning id")
    assert len(rows) == 1
    (notice,) = await told(person)
    return notice


async def test_mandatory_or_foreign_notices_cannot_be_turned_off(town: Town) -> None:
    marc = await town.a_customer()

    async def tries(event: str, channel: str = "mail") -> tuple[int, str]:
        wanted = [
            {"event": "pickup_reminder", "channel": "mail", "wanted": False},
            {"event": event, "channel": channel, "wanted": False},
        ]
        answer = await marc.asks("PUT", "/me/notice-preferences", {"preferences": wanted})
        return answer.status_code, answer.json()["code"]

    assert await tries("lot_withdrawn") == (422, "notice.not_optional")
    assert await tries("sold_out") == (422, "notice.unknown_event")
    assert await tries("nonsense") == (422, "notice.unknown_event")
    assert (await tries("pickup_reminder", "pigeon"))[0] == 422
    assert await town.value("select count(*) from app.notice_preferences") == 0  # nothing half-done


async def test_holders_are_reminded_once_before_the_window(town: Town) -> None:
    marc, lea = await town.a_customer(), await town.a_customer("Léa")
    odile = await town.an_admin()
    lot, later = await town.a_lot(opens_in=timedelta(hours=5)), await town.a_lot(opens_in=timedelta(hours=30))
    await marc.buys(lot)
    await marc.buys(later)
    assert "pickup_reminder" not in events(await told(marc))

    await town.clock(lot.pickup_start - timedelta(minutes=119))
    await lea.buys(lot)  # and has just read the window
    assert events(await told(marc)).count("pickup_reminder") == 1
    assert events(await told(marc)).count("pickup_reminder") == 1
    assert "pickup_reminder" not in events(await told(lea))
    (mail,) = (mail for mail in await mails(town, marc.email) if "votre retrait" in mail.subject)
    assert mail.link.startswith("/my-pass/")

    await odile.asks("PUT", "/admin/settings", {"reminder_minutes": 0})
    await town.clock(later.pickup_start - timedelta(minutes=30))
    assert events(await told(marc)).count("pickup_reminder") == 1


async def holds_are_over(town: Town) -> None:
    """Let the minutes pass after which shops hear of a reservation, and run the due jobs."""
    await town.worker_runs()
    await town.clock(await town.now() + timedelta(minutes=10))
    await town.worker_runs()


async def test_a_shop_is_told_of_its_lots_and_of_its_day(town: Town) -> None:
    sophie, marc, amina = await town.a_merchant(), await town.a_customer(), await town.a_beneficiary()
    shop = await town.a_shop(sophie)
    day = (await town.now() + timedelta(days=1)).replace(hour=6, minute=0, second=0, microsecond=0)
    await town.clock(day)
    first = await town.a_lot(shop=shop, left=2)
    last = await town.a_free_lot(shop=shop, left=3, opens_in=timedelta(hours=5))
    held = await marc.buys(first)
    await amina.reserves(last)
    assert await told(sophie) == []
    await holds_are_over(town)
    assert sorted(events(await told(sophie))) == ["first_reservation", "first_reservation"]
    await marc.buys(first)
    await holds_are_over(town)
    assert sorted(events(await told(sophie))) == ["first_reservation", "first_reservation", "sold_out"]

    await town.opens(first)
    await sophie.hands_over(await marc.pass_for(held))
    await town.clock(first.pickup_end + timedelta(minutes=1))
    assert "day_summary" not in events(await told(sophie))  # one lot is still open
    await town.clock(last.pickup_end + timedelta(minutes=1))
    (summary,) = (notice for notice in await told(sophie) if notice["event"] == "day_summary")
    assert "Proposées : 5\n    Remises : 1\n    Restées : 4" in summary["text"]
    assert "day_summary" not in events(await told(sophie))[1:]
    subjects = [mail.subject for mail in await mails(town, sophie.email)]
    assert subjects == [
        f"Votre journée du {written_day(day, 'fr')} : 1 sur 5"
    ]  # reservations are for the app unless she wants mails


async def test_a_shop_cannot_tell_given_portions_from_sold_ones(town: Town) -> None:
    """What two shops are told is the same: one sold a portion, the other one was paid for a beneficiary's."""

    async def shop_told(given: bool) -> list[tuple[str, str]]:
        sophie, marc, amina = await town.a_merchant(), await town.a_customer(), await town.a_beneficiary()
        shop = await town.a_shop(sophie)
        lot = await town.a_lot(shop=shop, left=1)
        if given:
            await marc.gives(lot)
            await holds_are_over(town)
            assert await told(sophie) == []  # her list shows no reservation yet
            await amina.reserves(await town.suspended_lot_of(lot))
        else:
            held = await marc.reserves(lot)
            await town.clock(await town.now() + timedelta(minutes=8))
            await marc.pays(held)
        (seen,) = (await sophie.gets("/reservations"))["data"]
        await town.worker_runs()
        await town.clock(max(await town.now(), datetime.fromisoformat(seen["created_at"]) + timedelta(minutes=10)))
        for one in await told(sophie):
            later = datetime.fromisoformat(one["at"]) - datetime.fromisoformat(seen["created_at"])
            assert timedelta(minutes=10) <= later < timedelta(minutes=11)
        address = await town.value("select name || ', ' || address from app.shops where id = $1", shop.id)
        return sorted(
            (one["event"], re.sub(r"Retrait : .*", "", one["text"].replace(address, ""))) for one in await told(sophie)
        )

    sold, given = await shop_told(False), await shop_told(True)
    assert [event for event, _ in sold] == ["first_reservation", "sold_out"]
    assert sold == given


async def test_admins_are_told_of_what_waits_for_them_and_people_of_decisions(town: Town) -> None:
    odile, sophie = await town.an_admin(), await town.a_merchant()
    shop = await sophie.registers_shop(name="Boulangerie du Port")

    (notice,) = await told(odile)
    assert notice["event"] == "to_decide"
    assert "Boulangerie du Port" in notice["text"]
    await odile.posts(f"/admin/shops/{shop['id']}/verify", {"decision": "verified"})
    assert events(await told(sophie)) == ["shop_decided"]


async def test_associations_are_told_of_imports_and_shops_of_agreements(town: Town) -> None:
    relais, sophie = await town.an_association(), await town.a_merchant()
    shop = await town.a_shop(sophie)
    csv = "first_name,last_name,birth_date,eligible_until\nAmina,Benali,1990-01-01,2099-01-01\n"
    answer = await town.request(
        "POST", "/v1/beneficiaries/import", content=csv.encode(),
        headers={"Authorization": f"Bearer {await token_of(relais)}", "Content-Type": "text/csv",
                 "Idempotency-Key": "an import"})  # fmt: skip
    assert answer.status_code == 200, answer.text
    agreement = await town.an_agreement(relais, shop.id, status="coming")
    async with town.sql_as(relais) as connection:
        await connection.execute("select app.propose_agreement($1, 1000)", agreement)

    notices = await told(relais)
    assert events(notices) == ["import_ended"]
    assert "Amina" not in notices[0]["text"]


async def token_of(person: Person) -> str:
    return person.token or await person.town.token_for(person.id)


async def test_a_handed_pass_is_told_to_its_holder(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot()
    held = await marc.buys(lot)
    await marc.posts(f"/reservations/{held.id}/handed-pass")

    assert set(events(await told(marc))) == {"pass_handed", "reservation_confirmed"}


async def test_a_link_in_the_mail_stops_such_mails_by_a_button_or_one_click(town: Town) -> None:
    marc = await town.a_customer()
    await marc.buys(await town.a_lot())
    await mails(town)
    message = mail_of(town, "reservation_confirmed")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page = re.sub(r"^<https?://[^/]+|>$", "", message["List-Unsubscribe"])
    assert page in read_mail(message.as_bytes()).text

    opened = await town.request("GET", page)
    assert "Réservation confirmée" in opened.text
    assert await town.value("select count(*) from app.notice_preferences") == 0  # opening it spends nothing
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        stopped = await town.request("POST", page, content=b"List-Unsubscribe=One-Click", headers=form)
        assert stopped.status_code == 200
        assert "Vous ne recevrez plus ces e-mails" in stopped.text

    await marc.buys(await town.a_lot())
    assert events(await told(marc)) == ["reservation_confirmed", "reservation_confirmed"]
    assert len(await mails(town, marc.email)) == 1
    forged = page[:-2] + ("AA" if not page.endswith("AA") else "BB")
    assert (await town.request("POST", forged, headers=form)).status_code == 404


async def test_mails_that_are_kept_have_no_link_to_stop_them(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot()
    await marc.buys(lot)
    await lot.shop.merchant.withdraws(lot)
    await mails(town)

    message = mail_of(town, "lot_withdrawn")
    assert message["List-Unsubscribe"] is None
    assert "unsubscribe" not in message.as_string()


async def test_admins_see_deliveries_without_words_and_addresses(town: Town) -> None:
    marc, odile = await town.a_customer(), await town.an_admin()
    await marc.buys(await town.a_lot())
    await town.worker_runs()
    await town.worker_runs()

    deliveries = (await odile.gets("/admin/notice-deliveries", state="sent"))["data"]
    assert {row["state"] for row in deliveries} == {"sent"}
    mine = [row for row in deliveries if row["account_id"] == str(marc.id)]
    assert len(mine) == 1
    assert set(mine[0]) == {"id", "account_id", "channel", "state", "smtp_code", "queued_at", "ended_at"}
    assert (await marc.asks("GET", "/admin/notice-deliveries")).status_code == 403


async def test_jobs_of_earlier_releases_still_tell_people_once(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot()
    held = await marc.buys(lot)
    for _ in range(2):
        await town.changes(
            "select app.defer('reservations.tell_holder', jsonb_build_object('reservation_id', $1::uuid))", held.id
        )

    assert events(await told(marc)).count("lot_withdrawn") == 1
    assert len([mail for mail in await mails(town, marc.email) if "annulée" in mail.subject]) == 1


async def test_a_notice_is_exported_and_erased_with_its_person(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    account = await town.value("select id from app.accounts where email = 'amina@example.org'")
    await town.changes("select app.notify($1, 'account_ends', '{}')", account)
    await town.changes("insert into app.refused_addresses values ($1, 550, now())", account)
    await town.changes("select app.erase_account($1, 'test')", account)

    for table in ("notices", "notice_deliveries", "notice_preferences", "refused_addresses"):
        assert await town.value(f"select count(*) from app.{table}") == 0  # noqa: S608


@pytest.mark.parametrize("language", rendering.LANGUAGES)
async def test_every_event_has_words_and_a_mail(lasting_town: Town, language: str) -> None:
    known = {row["event"] for row in await lasting_town.rows("select event from app.notice_events()")}
    folder = Path(rendering.__file__).with_name("templates")

    assert set(titles(language)) == known
    assert {event for event in known if not (folder / f"{event}.{language}.txt").exists()} == set()
