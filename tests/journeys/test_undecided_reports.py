"""Problem reports that no admin decides: their lot is closed after a time, and a later decision corrects it."""

from datetime import timedelta

import pytest

from tests.journeys.test_ledger import EARNED, HOUR, SALE, balance, closed, corrections, nights_pass, postings
from tests.journeys.test_notices import events, mail_of, told
from tests.journeys.test_problem_reports import bought, collected, decides, reports
from tests.town import Lot, Person, Reservation, Town
from tests.town.answers import accepted

DAY = timedelta(days=1)
CORRECTED = [("refund", -399, -40, -8, -351)]


async def days_pass(town: Town, days: int) -> None:
    """Let most of these days pass at once, with nights in which the worker runs before and after."""
    await town.clock(await town.now() + days * DAY)
    await town.worker_runs()


async def reported(town: Town, given: bool) -> tuple[Lot, Person, Reservation]:
    """Return a lot of which one portion was collected, whoever paid for it, and who collected it."""
    if not given:
        marc, lot, held = await bought(town, left=3, price_cents=399)
        await collected(town, lot, marc, held)
        return lot, marc, held
    lot = await town.a_lot(left=3, price_cents=399)
    await (await town.a_customer("Jeanne")).gives(lot, 1)
    amina = await town.a_beneficiary()
    held = await collected(town, lot, amina, await amina.reserves(await town.suspended_lot_of(lot)))
    return lot, amina, held


@pytest.mark.parametrize("given", [False, True], ids=["sold", "given"])
async def test_an_undecided_report_holds_back_its_lot_for_thirty_days(town: Town, given: bool) -> None:
    lot, person, held = await reported(town, given)
    odile = await town.an_admin()
    made = await reports(person, held)
    await town.clock(lot.pickup_end + HOUR)
    await nights_pass(town)
    await days_pass(town, 18)
    before = events(await told(odile))
    assert (await closed(town), before) == ([], ["to_decide"])

    await days_pass(town, 3)
    for _ in range(2):
        await town.worker_runs()
    reminded = await told(odile)
    await nights_pass(town, 2)
    assert events(reminded) == ["report_undecided", "to_decide"]
    assert "l'argent de tout le lot est retenu" in reminded[0]["text"]
    assert str(mail_of(town, "report_undecided")["subject"]).startswith("Signalement à décider avant le ")
    assert await closed(town) == []

    await nights_pass(town)
    assert await closed(town) == [(1, 399, 40, 8, 351)]
    assert await corrections(town) == []

    await decides(odile, made, "give_back")
    for _ in range(2):
        await town.worker_runs()
        await town.stripe.webhooks_quiet()
    await nights_pass(town, 2)
    assert await corrections(town) == CORRECTED
    assert [await balance(town, one) for one in ("shop", "commission", "vat", "held", "suspended", "stripe")] == [0] * 6
    assert len(await closed(town)) == 1


async def test_a_lot_stays_open_for_as_long_as_the_setting_says(town: Town) -> None:
    lot, person, held = await reported(town, given=False)
    odile = await town.an_admin()
    accepted(await odile.asks("PUT", "/admin/settings", {"report_decision_days": 60}))
    await reports(person, held)
    await town.clock(lot.pickup_end + HOUR)
    await days_pass(town, 40)
    await nights_pass(town)
    assert (await closed(town), events(await told(odile))) == ([], ["to_decide"])

    accepted(await odile.asks("PUT", "/admin/settings", {"report_decision_days": 30}))
    await nights_pass(town, 2)
    assert await postings(town) == [SALE, EARNED]
    assert events(await told(odile)) == ["report_undecided", "to_decide"]


async def test_a_decision_in_time_is_not_waited_for_and_corrects_nothing(town: Town) -> None:
    odile = await town.an_admin()
    lot, person, held = await reported(town, given=False)
    made = await reports(person, held)
    await town.clock(lot.pickup_end + HOUR)
    await days_pass(town, 10)
    await decides(odile, made, "sorry")
    await nights_pass(town, 2)
    assert (await closed(town), await corrections(town)) == ([(1, 399, 40, 8, 351)], [])
    await days_pass(town, 20)
    assert "report_undecided" not in events(await told(odile))


async def test_a_late_decision_waits_for_the_lot_where_the_gift_moved_on(town: Town) -> None:
    odile = await town.an_admin()
    lot = await town.a_lot(left=3, price_cents=399)
    donor = await town.a_customer("Jeanne")
    await donor.gives(lot, 2, if_unclaimed="move")
    amina = await town.a_beneficiary()
    held = await collected(town, lot, amina, await amina.reserves(await town.suspended_lot_of(lot)))
    made = await reports(amina, held)
    await town.clock(lot.pickup_end + HOUR)
    await nights_pass(town)
    await days_pass(town, 26)
    await nights_pass(town, 2)
    assert await closed(town) == [(1, 399, 40, 8, 351)]

    # As if another portion of the gift had moved to a lot that is not closed yet.
    await town.changes("insert into app.lots_to_close values ($1, now() + interval '1 year')", lot.id)
    await decides(odile, made, "give_back")
    await town.worker_runs()
    waits = await town.value("select given_back_at from app.problem_reports")
    await town.changes("delete from app.lots_to_close")
    for _ in range(2):
        await town.worker_runs()
        await town.stripe.webhooks_quiet()
    assert waits is None
    assert await town.value("select given_back_at from app.problem_reports") is not None
