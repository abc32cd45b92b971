"""Given portions that were reserved and not collected: their shop kept them and is paid, as for bought ones."""

import pytest

from tests.journeys.test_ledger import HOUR, balance, closed, nights_pass, postings
from tests.town import Customer, Lot, Person, Reservation, Town

EARNED = ("earned", {"suspended": 399, "vat": -8, "commission": -40, "shop": -351})


async def given_to_two(
    town: Town, **choice: str
) -> tuple[Lot, Customer, Reservation, list[tuple[Person, Reservation]]]:
    """Return a lot of which three portions were given, its donor, the gift, and two who reserved one each."""
    lot = await town.a_lot(left=5, price_cents=399)
    donor = await town.a_customer("Jeanne")
    gift = await donor.gives(lot, 3, **choice)
    free = await town.suspended_lot_of(lot)
    held: list[tuple[Person, Reservation]] = []
    for name in ("Amina", "Zoé"):
        person = await town.a_beneficiary(name)
        held.append((person, await person.reserves(free)))
    return lot, donor, gift, held


async def is_closed(town: Town, lot: Lot) -> None:
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    await nights_pass(town)


async def test_a_given_portion_not_collected_is_paid_and_an_unreserved_refunded(town: Town) -> None:
    lot, donor, gift, held = await given_to_two(town)
    amina, taken = held[0]
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await amina.pass_for(taken))

    await is_closed(town, lot)

    assert (await postings(town))[1:] == [
        ("refund", {"suspended": 399, "stripe": -399}),
        ("earned", {"suspended": 798, "vat": -16, "commission": -80, "shop": -702}),
    ]
    assert await closed(town) == [(2, 798, 80, 16, 702)]
    assert await balance(town, "suspended") == 0
    found = await donor.gift(gift)
    assert [found[name] for name in ("status", "collected", "kept", "refunded_cents")] == [
        "partly_collected",
        1,
        1,
        399,
    ]


@pytest.mark.parametrize("choice", ["refund", "move"])
async def test_given_portions_not_collected_are_paid_whatever_the_donor_chose(town: Town, choice: str) -> None:
    lot, donor, gift, held = await given_to_two(town, if_unclaimed=choice)
    await town.clock(lot.pickup_start - HOUR)
    zoe, late = held[1]
    await zoe.cancels(late)

    await is_closed(town, lot)

    assert await closed(town) == [(2, 798, 80, 16, 702)]
    found = await donor.gift(gift)
    assert (found["collected"], found["kept"]) == (0, 2)
    assert found["status"] == ("kept" if choice == "refund" else "unclaimed")


async def test_a_portion_cancelled_too_late_and_taken_by_another_is_paid_once(town: Town) -> None:
    lot, _, _, held = await given_to_two(town)
    await town.clock(lot.pickup_start - HOUR)
    for person, taken in held:
        await person.cancels(taken)
    free = await town.suspended_lot_of(lot)
    for name in ("Inès", "Léo", "Max"):
        person = await town.a_beneficiary(name)
        held.append((person, await person.reserves(free)))
    await town.opens(lot)
    for person, taken in held[2:]:
        await lot.shop.merchant.hands_over(await person.pass_for(taken))

    await is_closed(town, lot)

    assert await closed(town) == [(3, 1197, 120, 24, 1053)]
    assert await balance(town, "suspended") == 0


async def test_the_no_show_refund_of_given_portions_goes_to_the_donor(town: Town) -> None:
    admin = await town.an_admin()
    assert (await admin.asks("PUT", "/admin/settings", json={"no_show_refund_percent": 50})).status_code == 200
    lot, _, _, _ = await given_to_two(town)
    await is_closed(town, lot)
    sold = await town.a_lot(left=5, price_cents=399)
    for name in ("Marc", "Léa"):
        await (await town.a_customer(name)).buys(sold)
    await is_closed(town, sold)

    first, second = await closed(town)
    assert first == second == (2, 398, 40, 8, 350)
    assert (await balance(town, "suspended"), await balance(town, "held")) == (0, 0)


async def test_a_closed_door_gives_the_price_back_to_whoever_paid(town: Town) -> None:
    odile = await town.an_admin()
    lot, _, _, held = await given_to_two(town)
    amina, taken = held[0]
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    said = {"kind": "closed", "text": "La porte était fermée."}
    report = await amina.posts(f"/reservations/{taken.id}/problem-report", said)
    await odile.posts(
        f"/problem-reports/{report['id']}/decide", {"outcome": "give_back", "share": 100, "text": "Nous rendons tout."}
    )
    await town.worker_runs()
    await nights_pass(town)

    assert await closed(town) == [(2, 399, 40, 8, 351)]
    assert await balance(town, "suspended") == 0
