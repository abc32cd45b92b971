"""Deliveries: every mail has a state that its person or an admin sees; codes and tokens stand in the mail alone."""

import json
import re
from typing import Any
from uuid import UUID, uuid4

from backend.mail.links import HOME, LINKS
from tests.journeys.test_recall_mails import enrolled, gives_own_address, recalled
from tests.town import Admin, Customer, Person, Town
from tests.visitors import PASSWORD, Mail, Visitor, mails

GTIN = "03017620422003"


async def notices_of(person: Person) -> list[dict[str, Any]]:
    notices: list[dict[str, Any]] = (await person.gets("/notices", limit=100))["data"]
    return notices


async def told(person: Person, event: str) -> dict[str, Any]:
    """Run the due jobs, then return the one notice of an event."""
    await person.town.worker_runs()
    (notice,) = (notice for notice in await notices_of(person) if notice["event"] == event)
    return notice


async def deliveries(odile: Admin, **wanted: str) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = (await odile.gets("/admin/notice-deliveries", limit=100, **wanted))["data"]
    return seen


async def joined(town: Town, email: str = "amina@example.org") -> Customer:
    """Register and confirm a customer, and return them."""
    await Visitor(town).joins(email)
    return Customer(town, await town.value("select id from app.accounts where email = $1", email), "Amina", email)


async def stands_nowhere(town: Town, mail: Mail, *, but: tuple[str, ...] = ()) -> None:
    """Check that neither code nor token of a mail stands in a table, jobs included."""
    secrets = [mail.token, *re.findall(r"\b[0-9]{6}\b", mail.text)]
    for schema, table in await town.rows(
        "select schemaname, tablename from pg_tables where schemaname in ('app', 'jobs')"
    ):
        rows = await town.value(f"select string_agg(t::text, ' ') from {schema}.{table} t") or ""  # noqa: S608
        for secret in secrets:
            assert not re.search(rf"(?<![0-9.]){re.escape(secret)}(?![0-9])", rows), table


async def test_the_mail_of_a_registration_has_a_state_that_admins_see(town: Town) -> None:
    odile, amina = await town.an_admin(), Visitor(town)
    await amina.registers("amina@example.org")

    (queued,) = await deliveries(odile)
    assert (queued["account_id"], queued["state"], queued["smtp_code"]) == (None, "queued", None)
    (mail,) = await mails(town, "amina@example.org")
    (sent,) = await deliveries(odile)
    assert (sent["account_id"], sent["state"]) == (None, "sent")
    assert "amina" not in str(sent)
    await stands_nowhere(town, mail)


async def test_the_owner_of_a_known_address_is_told_of_a_registration_in_the_app(town: Town) -> None:
    amina = await joined(town)
    await Visitor(town).registers("amina@example.org", display_name="X", role="merchant")

    notice = await told(amina, "already_registered")
    (_, mail) = await mails(town, "amina@example.org")
    assert notice["title"] == mail.subject == "Vous avez déjà un compte EcoPanier"
    assert notice["deliveries"] == [{"channel": "mail", "state": "sent"}]
    assert notice["link"].endswith("/forgot-password")
    assert "X" not in notice["text"]


async def test_a_new_password_that_is_asked_for_is_told_without_its_link(town: Town) -> None:
    amina = await joined(town)
    await Visitor(town).posts("/auth/forgot-password", {"email": "amina@example.org"})

    notice = await told(amina, "reset_password")
    mail = (await mails(town, "amina@example.org"))[-1]
    assert mail.link.startswith("/new-password/")
    assert notice["deliveries"] == [{"channel": "mail", "state": "sent"}]
    assert notice["link"] is None
    assert notice["title"] == "Un nouveau mot de passe a été demandé"
    assert "new-password" not in notice["text"]
    await stands_nowhere(town, mail)


async def test_a_new_password_for_an_unknown_address_leaves_no_delivery(town: Town) -> None:
    odile = await town.an_admin()
    await Visitor(town).posts("/auth/forgot-password", {"email": "nobody@example.org"})
    assert len(await deliveries(odile)) == 1

    assert await mails(town) == []
    assert await deliveries(odile) == []


async def test_an_unconfirmed_address_of_an_account_is_told_of_its_mail(town: Town) -> None:
    amina = await joined(town)
    await town.changes("update app.accounts set email_verified_at = null where id = $1", amina.id)
    await Visitor(town).tries_to_sign_in("amina@example.org")

    notice = await told(amina, "address_to_confirm")
    mail = (await mails(town, "amina@example.org"))[-1]
    assert notice["deliveries"] == [{"channel": "mail", "state": "sent"}]
    assert (mail.code in notice["text"], notice["link"]) == (False, None)
    await stands_nowhere(town, mail)
    await Visitor(town).posts("/auth/verify-email", {"token": mail.token, "password": PASSWORD})


async def test_an_invited_account_is_told_in_the_app_and_a_stranger_by_mail(town: Town) -> None:
    shop, lea, odile = await town.a_shop(), await town.a_customer("Léa"), await town.an_admin()
    await town.changes("update app.accounts set locale = 'en' where id = $1", lea.id)
    for email in (str(lea.email), "stranger@example.org"):
        await shop.merchant.posts(f"/shops/{shop.id}/members", {"email": email, "role": "staff"})
    queued = await deliveries(odile, state="queued")
    assert [one["account_id"] for one in queued] == [None, None]  # the same until a job looks

    seen = (await shop.merchant.gets(f"/shops/{shop.id}/members"))["data"]
    assert [one["mail"] for one in seen] == [None, "queued", "queued"]

    notice = await told(lea, "invitation")
    (known,), (stranger,) = await mails(town, lea.email), await mails(town, "stranger@example.org")
    assert (known.subject, stranger.subject) == ("Invitation to join a shop", "Invitation à rejoindre un commerce")
    assert known.link.startswith("/invitation/")
    assert "Boulangerie du Marché" in notice["text"]
    assert notice["link"] is None
    assert notice["deliveries"] == [{"channel": "mail", "state": "sent"}]
    assert {one["account_id"] for one in await deliveries(odile, state="sent")} >= {None, str(lea.id)}
    for mail in (known, stranger):
        await stands_nowhere(town, mail)
    seen = (await shop.merchant.gets(f"/shops/{shop.id}/members"))["data"]
    assert [one["mail"] for one in seen] == [None, "sent", "sent"]  # nothing tells who has an account
    await lea.posts(f"/invitations/{known.token}/accept")


async def test_withdrawn_invitations_are_not_mailed_and_none_can_be_turned_off(town: Town) -> None:
    shop, odile = await town.a_shop(), await town.an_admin()
    invited = await shop.merchant.posts(f"/shops/{shop.id}/members", {"email": "stranger@example.org", "role": "staff"})
    await shop.merchant.asks("DELETE", f"/shops/{shop.id}/members/{invited['id']}")

    assert await mails(town) == []
    assert await deliveries(odile) == []


async def test_a_recall_is_a_delivery_for_each_address_confirmed_or_not(town: Town) -> None:
    relais, odile, lot = await town.an_association(), await town.an_admin(), await town.a_free_lot(gtin=GTIN)
    marc, shop_lot = await town.a_customer(), await town.a_lot(gtin=GTIN)
    amina = await enrolled(town, relais, "Amina", email="amina.b@example.org")
    nour = await enrolled(town, relais, "Nour")
    await gives_own_address(town, amina, "amina@example.org")
    for holder in (amina, nour):
        await holder.reserves(lot)
    await marc.buys(shop_lot)
    await town.changes("update app.accounts set email_verified_at = null where id = $1", marc.id)
    preferences = (await marc.gets("/me/notice-preferences"))["preferences"]
    assert {one["optional"] for one in preferences if one["event"] == "lot_recalled"} == {False}

    await recalled(town, odile)

    sent = {"channel": "mail", "state": "sent"}
    assert (await told(amina, "lot_recalled"))["deliveries"] == [sent, sent]
    assert (await told(nour, "lot_recalled"))["deliveries"] == []
    assert (await told(marc, "lot_recalled"))["deliveries"] == [sent]
    assert (await told(shop_lot.shop.merchant, "recall_for_shop"))["deliveries"] == [sent]
    passed_on = await told(relais, "recall_to_pass_on")
    assert passed_on["deliveries"] == [sent]
    assert amina.code in passed_on["text"]
    assert nour.code in passed_on["text"]


async def test_an_erased_person_s_code_leaves_the_notices_of_recalls(town: Town) -> None:
    relais, odile, lot = await town.an_association(), await town.an_admin(), await town.a_free_lot(gtin=GTIN)
    amina, nour = await enrolled(town, relais, "Amina"), await enrolled(town, relais, "Nour")
    for holder in (amina, nour):
        await holder.reserves(lot)
    await recalled(town, odile)

    await town.changes("select app.erase_account($1, 'test')", amina.id)

    text = (await told(relais, "recall_to_pass_on"))["text"]
    assert (amina.code in text, nour.code in text) == (False, True)


async def test_all_owners_of_a_shop_are_told_of_a_recall(town: Town) -> None:
    odile, lea, lot = await town.an_admin(), await town.a_customer("Léa"), await town.a_lot(gtin=GTIN)
    await town.changes(
        "insert into app.members (shop_id, account_id, role, created_at, joined_at) "
        " values ($1, $2, 'owner', now(), now())",
        lot.shop.id,
        lea.id,
    )
    await recalled(town, odile)

    for owner in (lot.shop.merchant, lea):
        notice = await told(owner, "recall_for_shop")
        assert notice["deliveries"] == [{"channel": "mail", "state": "sent"}]


async def test_an_erased_account_leaves_no_delivery(town: Town) -> None:
    amina = await joined(town)
    await Visitor(town).posts("/auth/forgot-password", {"email": "amina@example.org"})
    assert await town.value("select count(*) from app.notice_deliveries where subject = $1", amina.id) == 2

    await town.changes("select app.erase_account($1, 'test')", amina.id)

    assert await town.value("select count(*) from app.notice_deliveries") == 0


async def test_jobs_that_the_release_before_queued_still_mail(town: Town) -> None:
    amina = await joined(town)
    old = {
        "accounts.send_mail": {"account_id": str(amina.id), "mail": "reset_password"},
        "accounts.mail_registration": {"registration_id": str(uuid4())},
        "members.mail_invitation": {"member_id": str(uuid4())},
        "payments.tell_refund_failed": {"correction_id": 1, "account_id": str(amina.id)},
        "recalls.tell_supporter": {"recall_id": str(uuid4()), "lot_id": str(uuid4()), "supporter_id": str(amina.id)},
    }
    for task, arguments in old.items():
        await town.changes("select app.defer($1, $2)", task, json.dumps(arguments))
    await town.changes('select app.defer(\'accounts.send_mail\', \'{"account_id": null, "mail": "reset_password"}\')')
    await Visitor(town).registers("nour@example.org")
    registration = UUID(str(await town.value("select id from app.confirmations")))
    await town.changes("delete from app.notice_deliveries where subject = $1", registration)
    await town.changes(
        "select app.defer('accounts.mail_registration', jsonb_build_object('registration_id', $1::uuid))", registration
    )

    for _ in range(2):
        await town.worker_runs()

    assert (await mails(town, "amina@example.org"))[-1].link.startswith("/new-password/")
    assert [mail.link.split("/")[1] for mail in await mails(town, "nour@example.org")] == ["confirm"]
    failed = await town.value("select count(*) from jobs.procrastinate_jobs where status::text <> 'succeeded'")
    assert failed == 0


async def test_the_link_of_every_event_opens_a_page(town: Town) -> None:
    known = {row["event"] for row in await town.rows("select event from app.notice_events()")}
    assert set(LINKS) == known
    for event, link in LINKS.items():
        for page in ("confirm", "confirm-address") if "{page}" in link.path else ("",):
            answer = await town.request(
                "GET",
                link.path.format(
                    page=page,
                    secret_token="t0k3n",
                    shop_id=uuid4(),
                    collection_id=uuid4(),
                    fund_id=uuid4(),
                    month="2026-10",
                ),
            )
            if answer.status_code == 303:  # what is unknown is not found, and leads nowhere
                assert answer.headers["location"].startswith("/sign-in?next="), event
                continue
            assert answer.headers["content-type"].startswith("text/html"), event  # what is unknown answers in JSON
            assert answer.status_code == 200 or link.path.startswith(("/my-pass/", "/invitation/", "/join-shop/")), (
                event
            )
    assert not HOME.is_secret
