"""Problem reports: a holder says what was wrong, the shop answers, admins decide, and money goes back to who paid."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.journeys.test_notices import events, mail_of, told
from tests.town import Customer, Lot, Person, Reservation, Shop, Town, refused
from tests.town.answers import accepted

WORDS = "Deux des trois pains étaient moisis."


async def reports(person: Person, held: Reservation, kind: str = "quality", **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = await person.posts(
        f"/reservations/{held.id}/problem-report", {"kind": kind, "text": WORDS, **fields}
    )
    return made


async def answers(person: Person, report: dict[str, Any], outcome: str, **fields: Any) -> dict[str, Any]:
    answered: dict[str, Any] = await person.posts(
        f"/problem-reports/{report['id']}/answer", {"outcome": outcome, "text": "Nous sommes désolés.", **fields}
    )
    return answered


async def decides(admin: Person, report: dict[str, Any], outcome: str, **fields: Any) -> dict[str, Any]:
    decided: dict[str, Any] = await admin.posts(
        f"/problem-reports/{report['id']}/decide", {"outcome": outcome, "text": "Nous avons regardé.", **fields}
    )
    return decided


async def listed(person: Person, **wanted: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await person.gets("/problem-reports", **wanted))["data"]
    return found


async def collected(town: Town, lot: Lot, person: Person, held: Reservation) -> Reservation:
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await person.pass_for(held))
    return held


async def is_over(town: Town, lot: Lot) -> None:
    """Let the lot's window end, and everything happen that is due then."""
    await town.clock(max(lot.pickup_end, await town.now()) + timedelta(minutes=1))
    await town.worker_runs()
    await town.stripe.webhooks_quiet()
    await town.worker_runs()


async def bought(town: Town, portions: int = 1, **fields: Any) -> tuple[Customer, Lot, Reservation]:
    marc, lot = await town.a_customer(), await town.a_lot(**fields)
    return marc, lot, await marc.buys(lot, portions)


async def works_at(town: Town, shop: Shop, role: str, name: str = "Léa") -> Customer:
    lea = await town.a_customer(name)
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, $3, now())",
        shop.id,
        lea.id,
        role,
    )
    return lea


async def test_a_report_of_a_paid_portion_gets_half_of_the_price_back(town: Town) -> None:
    marc, lot, held = await bought(town, portions=2)
    merchant = lot.shop.merchant
    lea = await works_at(town, lot.shop, "staff")
    await collected(town, lot, marc, held)

    made = await reports(marc, held)
    (told_shop,) = [one for one in await told(merchant) if one["event"] == "problem_reported"]
    told_staff = await told(lea)
    answered = await answers(merchant, made, "give_back", share=50)
    (read,) = await listed(marc)
    waits = await town.money(held)
    await is_over(town, lot)

    assert (made["status"], made["kind"], made["text"], made["answer"]) == ("open", "quality", WORDS, None)
    assert datetime.fromisoformat(made["answer_by"]) - datetime.fromisoformat(made["reported_at"]) == timedelta(
        hours=72
    )
    assert events(told_staff) == ["problem_reported"]
    chosen = (await lea.gets("/me/notice-preferences"))["preferences"]
    assert [one["optional"] for one in chosen if one["event"] == "problem_reported"] == [True, True]
    assert "en mauvais état" in told_shop["text"]
    assert WORDS not in told_shop["text"]
    assert "Un problème vous est signalé" in str(mail_of(town, "problem_reported")["subject"])
    assert answered["status"] == read["status"] == "answered"
    assert read["answer"] == {
        "outcome": "give_back",
        "share": 50,
        "text": "Nous sommes désolés.",
        "at": answered["answer"]["at"],
    }
    assert (read["decision"], read["money"], answered["money"]) == (None, None, None)
    # Money goes back once nothing can be collected or cancelled any more; it goes back once.
    assert (waits, await town.money(held)) == ((800, 0), (800, 400))
    await is_over(town, lot)
    assert await town.money(held) == (800, 400)
    (notice, *_) = [one for one in await told(marc) if one["event"] == "problem_report_answered"]
    assert "Le commerce rend 50 % du prix." in notice["text"]
    assert "Nous sommes désolés." in notice["text"]
    noted = await town.rows(
        "select action, actor_id, actor_role from app.audit_entries where subject = 'problem_report' order by id"
    )
    assert [tuple(row) for row in noted] == [
        ("problem_report.made", marc.id, "customer"),
        ("problem_report.answered", merchant.id, "merchant"),
        ("problem_report.given_back", None, "worker"),
    ]
    assert await town.value("select count(*) from app.audit_entries where detail::text like '%moisis%'") == 0


async def test_a_report_of_a_given_portion_refunds_its_donor(town: Town) -> None:
    jeanne, amina, lot = await town.a_customer("Jeanne"), await town.a_beneficiary(), await town.a_lot(left=3)
    gift = await jeanne.gives(lot, 3, if_unclaimed="refund")
    held = await amina.reserves(await town.suspended_lot_of(lot))
    await collected(town, lot, amina, held)

    made = await reports(amina, held, "missing")
    await answers(lot.shop.merchant, made, "give_back")
    await is_over(town, lot)

    # Two portions that nobody collected, and the one that was given back, in one refund.
    assert await town.money(gift) == (1200, 1200)
    assert (await listed(amina))[0]["status"] == "answered"
    assert (await jeanne.gift(gift))["refunded_cents"] == 1200


async def test_a_late_answer_refunds_a_donor_whose_gift_was_settled(town: Town) -> None:
    jeanne, amina, lot = await town.a_customer("Jeanne"), await town.a_beneficiary(), await town.a_lot(left=2)
    gift = await jeanne.gives(lot, 2, if_unclaimed="refund")
    held = await amina.reserves(await town.suspended_lot_of(lot))
    await collected(town, lot, amina, held)
    made = await reports(amina, held)
    await is_over(town, lot)
    settled = await town.money(gift)

    await answers(lot.shop.merchant, made, "give_back", share=25)
    await is_over(town, lot)

    assert (settled, await town.money(gift)) == ((800, 400), (800, 500))
    (notice,) = [one for one in await told(jeanne) if one["event"] == "suspended_lot_given_back"]
    assert "Nous vous rendons 1,00 €" in notice["text"]
    assert "Amina" not in notice["text"]


async def test_on_a_free_lot_an_admin_decides_and_the_shop_sees_no_difference(town: Town) -> None:
    amina, lot, odile = await town.a_beneficiary(), await town.a_free_lot(), await town.an_admin()
    held = await collected(town, lot, amina, await amina.reserves(lot))
    made = await reports(amina, held)

    answered = await answers(lot.shop.merchant, made, "give_back")
    (waits,) = await listed(odile)
    notices = await told(odile)
    nothing = await refused(decides(odile, made, "give_back"))
    decided = await decides(odile, made, "sorry")
    await is_over(town, lot)

    assert answered["status"] == "answered"
    assert (waits["id"], waits["status"], waits["money"]) == (
        made["id"],
        "to_decide",
        {"goes_to": None, "at_most_cents": 0, "given_back_cents": None},
    )
    assert (events(notices)[0], notices[0]["title"]) == ("to_decide", "À décider : un signalement")
    assert nothing.code == "problem_report.nothing_paid"
    assert (decided["status"], await listed(odile)) == ("decided", [])
    assert (await listed(amina))[0]["decision"]["text"] == "Nous avons regardé."
    assert await listed(lot.shop.merchant) == [answered]


async def test_an_admin_decides_about_paid_portions_of_a_lot_that_became_free(town: Town) -> None:
    (marc, lot, held), odile = await bought(town), await town.an_admin()
    await town.changes(
        "update app.lots set kind = 'free', price_before_free_cents = price_cents, price_cents = 0,"
        " becomes_free_at = now(), converted_at = now() where id = $1",
        lot.id,
    )
    await collected(town, lot, marc, held)
    made = await reports(marc, held)
    answered = await answers(lot.shop.merchant, made, "give_back")
    await is_over(town, lot)
    before = await town.money(held)
    (notice, *_) = [one for one in await told(marc) if one["event"] == "problem_report_answered"]

    await decides(odile, made, "give_back")
    await is_over(town, lot)

    assert "L'équipe EcoPanier décide, et vous le dit." in notice["text"]
    assert (before, await town.money(held)) == ((400, 0), (400, 400))
    assert (await listed(marc))[0]["status"] == "decided"
    assert await listed(lot.shop.merchant) == [answered]


async def test_an_allergen_goes_to_admins_at_once_who_freeze_the_lot(town: Town) -> None:
    (marc, lot, held), odile = await bought(town), await town.an_admin()
    zoe = await town.a_customer("Zoé")
    other = await zoe.buys(lot)
    await collected(town, lot, marc, held)

    made = await reports(marc, held, "allergen")
    notices = events((await odile.gets("/notices"))["data"])
    late = await refused(answers(lot.shop.merchant, made, "sorry"))
    decided = await decides(odile, made, "give_back", freeze_reason="Un allergène n'était pas indiqué.")
    await is_over(town, lot)

    assert (made["status"], notices) == ("to_decide", ["to_decide"])
    assert late.code == "problem_report.with_admins"
    assert decided["decision"] == {"outcome": "give_back", "share": 100, "text": "Nous avons regardé."}
    assert await town.value("select status from app.lots where id = $1", lot.id) == "withdrawn"
    assert (await town.money(held), await town.money(other)) == ((400, 400), (400, 400))
    (seen,) = await listed(lot.shop.merchant)
    assert (seen["status"], seen["decision"], seen["decided_at"]) == ("decided", None, decided["decided_at"])
    taken_down = next(one for one in await told(lot.shop.merchant) if one["event"] == "lot_taken_down")
    assert "Un allergène n'était pas indiqué." in taken_down["text"]
    assert (await odile.gets(f"/problem-reports/{made['id']}"))["money"]["given_back_cents"] == 400
    # A lot that is over is not frozen, and nothing is decided twice.
    assert (await refused(decides(odile, made, "sorry"))).code == "problem_report.decided"


async def test_shops_cannot_turn_off_that_an_allergen_is_reported(town: Town) -> None:
    marc, lot, held = await bought(town)
    merchant, lea = lot.shop.merchant, await works_at(town, lot.shop, "staff")
    for person in (merchant, lea):
        optional = {
            one["event"] for one in (await person.gets("/me/notice-preferences"))["preferences"] if one["optional"]
        }
        off = [{"event": event, "channel": on, "wanted": False} for event in sorted(optional) for on in ("app", "mail")]
        accepted(await person.asks("PUT", "/me/notice-preferences", {"preferences": off}))
    await collected(town, lot, marc, held)

    await reports(marc, held, "allergen")

    for person in (merchant, lea):
        (notice,) = await told(person)
        assert (notice["event"], [one["channel"] for one in notice["deliveries"]]) == ("allergen_reported", ["mail"])
    refusal = await person.asks(
        "PUT",
        "/me/notice-preferences",
        {"preferences": [{"event": "allergen_reported", "channel": "mail", "wanted": False}]},
    )
    assert refusal.json()["code"] == "notice.not_optional"


async def test_unanswered_reports_wait_for_admins_without_a_worker(town: Town) -> None:
    (marc, lot, held), odile = await bought(town), await town.an_admin()
    await collected(town, lot, marc, held)
    made = await reports(marc, held, "other")
    assert await listed(odile) == []

    await town.clock(datetime.fromisoformat(made["answer_by"]))
    (waits,) = await listed(odile)  # no job ran
    late = await refused(answers(lot.shop.merchant, made, "sorry"))
    (of_shop,) = await listed(lot.shop.merchant, status="to_decide")
    for _ in range(2):
        await town.worker_runs()

    assert (waits["status"], of_shop["status"], late.code) == ("to_decide", "to_decide", "problem_report.with_admins")
    assert waits["money"] == {"goes_to": "holder", "at_most_cents": 400, "given_back_cents": None}
    assert events(await told(odile)) == ["to_decide"]
    await decides(odile, made, "give_back", share=10)
    await is_over(town, lot)
    assert await town.money(held) == (400, 40)
    assert "Nous faisons rendre 10 % du prix." in (await told(marc))[0]["text"]


@pytest.mark.parametrize(
    ("kind", "when", "code"),
    [
        ("closed", "collected", "problem_report.kind_does_not_fit"),
        ("quality", "open", "problem_report.kind_does_not_fit"),
        ("closed", "before", "problem_report.too_early"),
        ("missing", "collected late", "problem_report.too_late"),
        ("closed", "over late", "problem_report.too_late"),
        ("closed", "cancelled", "reservation.over"),
    ],
)
async def test_a_report_that_comes_late_or_does_not_fit_is_refused(town: Town, kind: str, when: str, code: str) -> None:
    marc, lot, held = await bought(town)
    if when.startswith("collected"):
        await collected(town, lot, marc, held)
    elif when == "open":
        await town.opens(lot)
    elif when == "over late":
        await is_over(town, lot)
    elif when == "cancelled":
        await marc.cancels(held)
    if when.endswith("late"):
        await town.clock(await town.now() + timedelta(hours=48, minutes=1))

    assert (await refused(reports(marc, held, kind))).code == code
    assert await town.value("select count(*) from app.problem_reports") == 0


async def test_both_times_are_settings_and_a_report_keeps_its_own(town: Town) -> None:
    (marc, lot, held), odile = await bought(town), await town.an_admin()
    await collected(town, lot, marc, held)
    accepted(await odile.asks("PUT", "/admin/settings", {"report_hours": 1, "report_answer_hours": 2}))
    await town.clock(await town.now() + timedelta(hours=1, minutes=1))
    assert (await refused(reports(marc, held))).code == "problem_report.too_late"
    accepted(await odile.asks("PUT", "/admin/settings", {"report_hours": 2}))
    made = await reports(marc, held)
    accepted(await odile.asks("PUT", "/admin/settings", {"report_answer_hours": 72}))

    assert datetime.fromisoformat(made["answer_by"]) - datetime.fromisoformat(made["reported_at"]) == timedelta(hours=2)
    assert (await listed(marc))[0]["answer_by"] == made["answer_by"]


async def test_each_person_sees_and_does_only_what_is_theirs(town: Town) -> None:
    (marc, lot, held), odile = await bought(town), await town.an_admin()
    lea, remy = await works_at(town, lot.shop, "staff"), await works_at(town, lot.shop, "reader", "Rémy")
    stranger, elsewhere = await town.a_customer("Zoé"), (await town.a_shop(await town.a_merchant("Gilles"))).merchant
    await collected(town, lot, marc, held)
    hidden = await refused(reports(stranger, held))
    made = await reports(marc, held)
    path = f"/problem-reports/{made['id']}"

    for nobody in (stranger, elsewhere):
        assert (await listed(nobody), (await refused(nobody.gets(path))).code) == ([], "problem_report.not_found")
        assert (await refused(nobody.gets("/problem-reports", shop=lot.shop.id))).code == "shop.not_found"
    assert hidden.code == "reservation.not_found"
    assert (await refused(answers(elsewhere, made, "sorry"))).code == "problem_report.not_found"
    assert (await refused(answers(stranger, made, "sorry"))).code == "access.forbidden"
    assert (await refused(answers(remy, made, "sorry"))).code == "access.forbidden"
    for person in (marc, lea, lot.shop.merchant):
        assert (await refused(decides(person, made, "sorry"))).code == "access.forbidden"
        assert (await refused(person.gets("/admin/problem-reports/figures"))).code == "access.forbidden"
    # Members read the shop's reports by `shop`, and their own without it.
    for member in (lea, remy):
        assert [one["id"] for one in await listed(member, shop=lot.shop.id)] == [made["id"]]
        assert (await listed(member), (await member.gets(path))["id"]) == ([], made["id"])
    assert (await refused(reports(marc, held))).code == "problem_report.exists"
    answered = await answers(lea, made, "in_kind")
    assert (await refused(answers(lot.shop.merchant, made, "sorry"))).code == "problem_report.answered"
    assert (await refused(decides(odile, made, "sorry"))).code == "problem_report.answered"
    assert answered["answer"]["share"] is None
    assert await town.value("select count(*) from app.audit_entries where actor_id = $1", lea.id) == 1

    # Whoever works there cannot give themselves their own money back.
    own = await lea.buys(lot)
    await lot.shop.merchant.hands_over(await lea.pass_for(own))
    assert (await refused(answers(lea, await reports(lea, own), "give_back"))).code == "access.forbidden"


async def test_a_share_without_giving_back_is_refused(town: Town) -> None:
    marc, lot, held = await bought(town)
    made = await reports(marc, await collected(town, lot, marc, held))
    refusal = await refused(answers(lot.shop.merchant, made, "sorry", share=50))
    assert (refusal.code, refusal.body["errors"][0]["code"]) == ("request.invalid", "share_not_expected")
    assert (await listed(marc))[0]["status"] == "open"
