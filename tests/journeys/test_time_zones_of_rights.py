"""Quotas, rights, reminders and months where the association is, from Tahiti to Nouméa."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.test_reminders import mails
from tests.journeys.test_time_zones import DAY, NOUMEA, PAPEETE, SAINT_DENIS, STRASBOURG, at
from tests.town import Association, Beneficiary, Town, refused
from tests.town.answers import accepted, refusal_in


async def quota_of(beneficiary: Beneficiary) -> tuple[int, str]:
    right = (await beneficiary.gets("/me"))["beneficiary"]
    return right["portions_left_today"], right["quota_renews_at"]


async def test_the_quota_day_is_that_of_the_association(town: Town) -> None:
    """Whatever the shop's zone: for somebody of Réunion, a new day begins at 22:00 in Paris; in winter at 21:00."""
    await town.clock(at("2026-06-10T23:59:59", "Indian/Reunion"))
    reunion = await town.an_association(commune=SAINT_DENIS)
    amina, alone = await town.a_beneficiary(association=reunion), await town.a_beneficiary("Zoé")
    shops = [await town.a_shop(commune=commune) for commune in (SAINT_DENIS, STRASBOURG, NOUMEA)]
    lots = [await town.a_free_lot(left=50, shop=shop, opens_in=timedelta(days=5)) for shop in shops]
    for person in (amina, alone):
        await person.reserves(lots[0])
        await person.reserves(lots[1])
        for lot in lots:
            assert (await person.tries_to_reserve(lot)).code == "quota.daily_reached"
    assert await quota_of(amina) == (0, "2026-06-10T20:00:00Z")
    assert await quota_of(alone) == (0, "2026-06-10T22:00:00Z")

    await town.clock(at("2026-06-11T00:00", "Indian/Reunion"))
    assert (await alone.tries_to_reserve(lots[0])).code == "quota.daily_reached"
    assert await quota_of(amina) == (2, "2026-06-11T20:00:00Z")
    yesterdays = (await amina.gets("/reservations"))["data"]
    await amina.reserves(lots[2], 2)

    await town.clock(at("2026-06-11T00:00", "Europe/Paris"))
    await alone.reserves(lots[0], 2)
    assert (await amina.tries_to_reserve(lots[0])).code == "quota.daily_reached"
    # What comes back goes to the day on which it was taken.
    await amina.posts(f"/reservations/{yesterdays[0]['id']}/cancel")
    assert (await amina.tries_to_reserve(lots[0])).code == "quota.daily_reached"
    days = await town.rows("select day, taken from app.free_portions where account_id = $1 order by day", amina.id)
    assert [(row["day"], row["taken"]) for row in days] == [(DAY, 1), (DAY + timedelta(days=1), 2)]
    assert await town.stock_is_exact()


async def test_a_waiting_list_offers_in_the_association_s_day(town: Town) -> None:
    await town.clock(at("2026-06-10T23:50", "Indian/Reunion"))
    amina = await town.a_beneficiary(association=await town.an_association(commune=SAINT_DENIS))
    lot = await town.a_free_lot(left=2, opens_in=timedelta(days=2))
    other, held = (
        await town.a_free_lot(opens_in=timedelta(days=2)),
        await (await town.a_beneficiary("Zoé")).reserves(lot),
    )
    await (await town.a_beneficiary("Luc")).reserves(lot)
    await amina.reserves(other, 2)
    entry = await amina.waits(lot)

    await town.clock(at("2026-06-11T00:01", "Indian/Reunion"))
    await town.changes("select app.end_reservation($1, 'cancelled', 'holder', true, true)", held.id)
    assert (await amina.waiting(entry))["status"] == "offered"
    await amina.takes(entry)
    assert await quota_of(amina) == (1, "2026-06-11T20:00:00Z")
    assert await town.stock_is_exact()


async def transfer(beneficiary: Beneficiary, giver: Association, receiver: Association) -> None:
    wanted = {"association_id": str(receiver.id)}
    asked = await giver.posts(f"/beneficiaries/{beneficiary.id}/transfer", wanted)
    await receiver.posts(f"/beneficiaries/transfers/{asked['id']}/accept")


ONE_DAY_AT_A_TIME = "and f.taken > 0 and f.day = "


TWENTY = 20


@pytest.mark.parametrize("act", ["the act", "control"])
@pytest.mark.parametrize(
    ("start", "communes", "then"),
    [
        ("2026-06-10T23:30+02:00", (None, SAINT_DENIS), "2026-06-11T00:00+02:00"),
        ("2026-06-10T22:30+02:00", (SAINT_DENIS, STRASBOURG), "2026-06-12T00:00+02:00"),
    ],
    ids=["to where it is tomorrow", "to where it is yesterday"],
)
async def test_a_transfer_to_another_zone_gives_no_portions(
    town: Town, act: str, start: str, communes: tuple[str | None, str], then: str
) -> None:
    """A day that was begun goes on, until it is over where it was begun and where its date comes later."""
    if act == "control":
        source: str = await town.value("select pg_get_functiondef('app.quota_day(uuid)'::regprocedure)")
        assert ONE_DAY_AT_A_TIME in source
        await town.changes(source.replace(ONE_DAY_AT_A_TIME, "and false " + ONE_DAY_AT_A_TIME))
    await town.clock(start)
    here, there = [await town.an_association(f"In {code}", commune=code) for code in communes]
    amina = await town.a_beneficiary(association=here)
    lot = await town.a_free_lot(left=50, opens_in=timedelta(days=9))
    await amina.reserves(lot, 2)

    await transfer(amina, here, there)
    answer = await amina.sends_reservation(lot, 2)
    if act == "control":
        assert answer.is_success
        return
    assert refusal_in(answer).code == "quota.daily_reached"
    assert (await quota_of(amina))[0] == 0
    # There and back again is the same day still.
    await transfer(amina, there, here)
    assert (await amina.tries_to_reserve(lot)).code == "quota.daily_reached"
    await transfer(amina, here, there)

    await town.clock(datetime.fromisoformat(then) - timedelta(seconds=1))
    assert (await amina.tries_to_reserve(lot)).code == "quota.daily_reached"
    await town.clock(then)
    await amina.reserves(lot, 2)
    taken = await town.rows("select taken from app.free_portions where account_id = $1", amina.id)
    assert [row["taken"] for row in taken] == [2, 2]
    assert await town.stock_is_exact()


async def test_naming_its_commune_gives_an_association_s_people_no_portions(town: Town) -> None:
    await town.clock("2026-06-10T23:30+02:00")
    relais = await town.an_association()
    amina = await town.a_beneficiary(association=relais)
    lot = await town.a_free_lot(left=50, opens_in=timedelta(days=9))
    await amina.reserves(lot, 2)

    accepted(await relais.asks("PATCH", "/associations/me", {"insee_code": SAINT_DENIS}))
    assert (await amina.tries_to_reserve(lot)).code == "quota.daily_reached"
    await (await town.a_beneficiary("Zoé", association=relais)).reserves(lot, 2)
    await town.clock("2026-06-11T00:00+02:00")
    await amina.reserves(lot, 2)
    await town.clock(at("2026-06-12T00:00", "Indian/Reunion"))
    await amina.reserves(lot, 2)
    assert await town.stock_is_exact()


async def test_transfers_while_reserving_give_at_most_two_portions_a_day(town: Town) -> None:
    await town.clock("2026-06-10T23:30+02:00")
    reunion, tahiti = [await town.an_association(code, commune=code) for code in (SAINT_DENIS, PAPEETE)]
    amina = await town.a_beneficiary(association=reunion)
    lot = await town.a_free_lot(left=99, opens_in=timedelta(days=9))

    async def moves() -> None:
        for _ in range(4):
            await transfer(amina, reunion, tahiti)
            await transfer(amina, tahiti, reunion)

    async def grabs() -> int:
        return sum([(await amina.sends_reservation(lot)).is_success for _ in range(5)])

    *won, _ = await asyncio.gather(*(grabs() for _ in range(TWENTY)), moves())

    taken = [row["taken"] for row in await town.rows("select taken from app.free_portions")]
    assert max(taken) <= 2
    assert sum(taken) == sum(filter(None, won))
    assert await town.stock_is_exact()


async def test_a_right_ends_after_its_last_day_where_the_association_is(town: Town) -> None:
    await town.clock(at("2026-06-10T23:59:59", "Pacific/Noumea"))
    noumea = await town.an_association(commune=NOUMEA)
    lot = await town.a_free_lot(left=9)
    amina, alone = await town.a_beneficiary(association=noumea, until=DAY), await town.a_beneficiary("Zoé", until=DAY)
    assert (await amina.gets(f"/lots/{lot.id}"))["kind"] == "free"
    assert (await noumea.gets("/associations/me/figures"))["expired"] == 0

    await town.clock(at("2026-06-11T00:00", "Pacific/Noumea"))
    assert (await amina.tries_to_reserve(lot)).code == "lot.not_found"
    assert (await noumea.gets("/associations/me/figures"))["expired"] == 1
    await alone.reserves(lot)  # enrolled by an admin: in Paris it is still that day
    renew = f"/beneficiaries/{amina.id}/renew"
    past = refusal_in(await noumea.asks("POST", renew, {"eligible_until": "2026-06-10"}))
    assert past.code == "beneficiary.right_in_the_past"
    assert (await refused(noumea.enrols(until=DAY))).code == "beneficiary.right_in_the_past"
    # A child who was born today is enrolled today, though Paris has not come so far.
    born: dict[str, Any] = {"birth_date": "2026-06-11", "first_name": "Noa"}
    await noumea.enrols(**born, until=date(2026, 6, 11))
    assert (await refused((await town.an_admin()).enrols(**born))).code == "beneficiary.born_in_the_future"
    await noumea.posts(renew, {"eligible_until": "2026-06-11"})
    await amina.reserves(lot)


async def test_reminders_are_sent_by_day_where_the_association_is(town: Town) -> None:
    await town.clock("2026-10-01T12:00:00+00:00")
    for name, commune in (("Nouméa", NOUMEA), ("Papeete", PAPEETE)):
        association = await town.an_association(name, commune=commune)
        await town.a_beneficiary(name, association=association, until=date(2026, 11, 30))
    await town.changes("update app.beneficiaries set created_at = '2026-01-01'")

    sent = {}
    for hour in ("09", "20", "22"):  # 20:00, 07:00 and 09:00 in Nouméa; 23:00, 10:00 and 12:00 in Papeete
        await town.clock(f"2026-11-05T{hour}:00:00+00:00")
        await town.worker_runs()
        sent[hour] = len(mails(town, "rights_end"))
    assert sent == {"09": 0, "20": 1, "22": 2}


async def test_a_verified_association_keeps_its_time_zone(town: Town) -> None:
    """Otherwise it could count the same month between other hours, and read single people from the difference."""
    await town.clock("2026-06-20T12:00:00+00:00")
    relais = await town.an_association()
    lot = await town.a_free_lot(left=50)
    for number in range(12):
        person = await town.a_beneficiary(f"P{number}", association=relais)
        reservation = await person.reserves(lot)
        if number == 0:  # at 00:30 of the 1st of June in Réunion, which is May in Paris
            moment = datetime.fromisoformat("2026-05-31T20:30:00+00:00")
            await town.changes(
                "update app.reservations set created_at = $2, quota_day = '2026-05-31' where id = $1",
                reservation.id,
                moment,
            )
            await town.changes("update app.free_portions set day = '2026-05-31' where account_id = $1", person.id)
    await town.clock("2026-07-02T12:00:00+00:00")

    async def reserved(month: str) -> int | None:
        asked = {"from": month, "to": month}
        [shown] = (await relais.gets("/associations/me/activity", **asked))["months"]
        figure: int | None = shown["reserved"]
        return figure

    async def says(**fields: Any) -> str | None:
        answer = await relais.asks("PATCH", "/associations/me", fields)
        return None if answer.is_success else refusal_in(answer).code

    assert (await relais.gets("/associations/me"))["time_zone"] == "Europe/Paris"
    assert await reserved("2026-06") == 11
    assert await says(insee_code=SAINT_DENIS) is None
    assert (await relais.gets("/associations/me"))["time_zone"] == "Indian/Reunion"
    assert await reserved("2026-06") == 11  # and not 12

    for code in (STRASBOURG, None, NOUMEA):
        assert await says(insee_code=code) == "association.zone_fixed"
    assert await says(insee_code="97415", phone="+262 262 00 00 00") is None
    await (await town.an_admin()).posts(f"/admin/associations/{relais.id}/verify", {"decision": "verified"})
    await (await town.an_admin()).posts(f"/admin/associations/{relais.id}/verify", {"decision": "rejected"})
    assert await says(insee_code=NOUMEA) == "association.zone_fixed"
    assert await says(insee_code=NOUMEA, name="Corrigé") == "association.zone_fixed"

    # Before anybody verified it, it may correct its commune.
    new = await town.an_association("Nouveau", status="pending", commune=NOUMEA)
    assert (
        accepted(await new.asks("PATCH", "/associations/me", {"insee_code": SAINT_DENIS})).json()["time_zone"]
        == "Indian/Reunion"
    )
    fields = await town.value(
        "select detail -> 'fields' from app.audit_entries where actor_id = $1 order by id desc", new.id
    )
    assert fields == '["insee_code"]'


async def test_months_begin_and_end_where_the_association_is(town: Town) -> None:
    await town.clock(at("2026-06-30T23:59:59", "Pacific/Noumea"))
    relais, lot = await town.an_association(commune=NOUMEA), await town.a_free_lot(left=50)
    for number in range(11):
        person = await town.a_beneficiary(f"P{number}", association=relais)
        await person.reserves(lot)
    await town.changes("update app.beneficiaries set created_at = app.clock()")

    async def june() -> tuple[int, int | None]:
        asked = {"from": "2026-06", "to": "2026-06"}
        [shown] = (await relais.gets("/associations/me/activity", **asked))["months"]
        return shown["enrolled"], shown["reserved"]

    assert await june() == (11, None)  # the month is not over
    await town.clock(at("2026-07-01T00:00", "Pacific/Noumea"))
    assert await june() == (11, 11)
    assert (await relais.gets("/associations/me/activity"))["months"][-1]["month"] == "2026-07"
