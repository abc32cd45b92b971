"""A lot that became free answers whoever may not have it, byte for byte, as a sold-out discounted lot does."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.races.test_suspended_lots import rewrite_function
from tests.town import Lot, Person, Town

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
# The length is that of the times before they are left out.
_OWN_TO_ONE_ANSWER = {
    "date",
    "content-length",
    "x-request-id",
    "server-timing",
    "ratelimit",
    "ratelimit-reset",
    "ratelimit-remaining",
}


def _same_for_any(text: str) -> str:
    return _TIME.sub("(time)", _ID.sub("(id)", text))


async def _answer(person: Person, method: str, path: str, body: Any = None, **sent: Any) -> tuple[Any, ...]:
    """Return everything that an answer tells, without ids and times."""
    key = str(uuid4()) if method == "POST" else None
    answer = await person.asks(method, path, body, key=key, **sent)
    headers = {name: _same_for_any(value) for name, value in answer.headers.items() if name not in _OWN_TO_ONE_ANSWER}
    return _same_for_any(path), answer.status_code, headers, _same_for_any(answer.text)


async def _doors(town: Town, person: Person, lot: Lot) -> list[Any]:
    """Return what somebody learns of a lot through every door, the changes that are possible included."""
    path = f"/lots/{lot.id}"
    found: list[Any] = []
    found.append(await _answer(person, "GET", path))
    etag = (await person.asks("GET", path)).headers.get("etag", '"none"')
    found.append(await _answer(person, "GET", path, headers={"If-None-Match": etag}))
    found.append(await _answer(person, "GET", f"/shops/{lot.shop.id}/lots"))
    found.append(await _answer(person, "GET", f"/shops/{lot.shop.id}/lots", params={"status": "published", "limit": 1}))
    if person.role in ("customer", "beneficiary"):
        for portions in (1, 3):
            found.append(await _answer(person, "POST", f"{path}/reservations", {"quantity": portions}))
        if person.role == "customer":
            gift = {"lot_id": str(lot.id), "quantity": 1}
            found.append(await _answer(person, "POST", "/suspended-lots", gift))
        joined = await person.asks("POST", f"{path}/waiting", {"quantity": 2})
        found.append((joined.status_code, _same_for_any(joined.text)))
        found.append(await _answer(person, "POST", f"{path}/waiting", {"quantity": 1}))
        entries = [e for e in (await person.gets("/waiting"))["data"] if e["lot_id"] == str(lot.id)]
        found.append(_same_for_any(json.dumps(entries)))
        for entry in entries:
            found.append(await _answer(person, "POST", f"/waiting/{entry['id']}/take"))
        if joined.status_code == 201:
            found.append(await _answer(person, "POST", f"/waiting/{joined.json()['id']}/leave"))
        reservations = [r for r in (await person.gets("/reservations"))["data"] if r["lot_id"] == str(lot.id)]
        found.append(_same_for_any(json.dumps(reservations)))
    for named in (person, None):
        async with town.sql_as(named) as sql:
            for asked in (
                "select kind, price_cents, status, version from app.lots where id = $1",
                "select quantity, remaining from app.lot_stock where lot_id = $1",
                "select app.is_on_sale($1)",
                "select s.name from app.lots l join app.shops s on s.id = l.shop_id where l.id = $1",
                "select p.status from app.lots l join app.photos p on p.id = l.photo_id where l.id = $1",
            ):
                found.append([tuple(row) for row in await sql.fetch(asked, lot.id)])
            seen = await sql.fetchval("select app.lot_without_portions($1)::text", lot.id)
            found.append(seen and _same_for_any(seen))
    return found


def _alike(one: list[Any], other: list[Any], whose: str) -> None:
    for mine, theirs in zip(one, other, strict=True):
        assert mine == theirs, whose


async def _twins(town: Town) -> tuple[Lot, Lot, dict[str, Any]]:
    """Return a lot that became free after it was sold out, one that still is, and what people have of both."""
    marc, nora = await town.a_customer(), await town.a_customer("Nora")
    jeanne, leila = await town.a_customer("Jeanne"), await town.a_customer("Leila")
    becomes_free_at = await town.now() + timedelta(minutes=5)
    merchant = await town.a_merchant()
    opens = timedelta(hours=-1)
    free = await town.a_lot(left=4, shop=await town.a_shop(merchant), opens_in=opens, becomes_free_at=becomes_free_at)
    sold = await town.a_lot(left=4, shop=await town.a_shop(merchant), opens_in=opens)
    bought = {lot.id: await marc.buys(lot) for lot in (free, sold)}
    await jeanne.reserves(free, 3)  # she never pays
    await leila.buys(sold, 3)
    for lot in (free, sold):
        await nora.waits(lot)
    await town.clock(await town.now() + timedelta(minutes=11))
    await town.worker_runs()
    await town.worker_runs()
    stands = "select kind || remaining from app.lots join app.lot_stock on lot_id = id where id = $1"
    assert (await town.value(stands, free.id), await town.value(stands, sold.id)) == ("free3", "discounted0")
    await (await town.a_beneficiary()).reserves(free)
    return free, sold, {"marc": marc, "nora": nora, "bought": bought}


async def test_a_lot_that_became_free_answers_others_as_a_sold_out_one(town: Town) -> None:
    free, sold, known = await _twins(town)
    people = {
        "holder": known["marc"],
        "waiter": known["nora"],
        "stranger": await town.a_customer("Paul"),
        "no right": await town.a_beneficiary("Zoé", status="suspended"),
        "merchant": await town.a_merchant(),
        "association": await town.an_association(),
    }

    for name, person in people.items():
        _alike(await _doors(town, person, free), await _doors(town, person, sold), name)
    seen = await people["stranger"].gets(f"/lots/{free.id}")
    assert [seen[field] for field in ("kind", "price_cents", "remaining", "status")] == [
        "discounted",
        400,
        0,
        "published",
    ]
    assert (await people["stranger"].tries_to_reserve(free)).code == "lot.sold_out"

    for lot in (free, sold):
        for entry in (await known["nora"].gets("/waiting"))["data"]:
            if entry["lot_id"] == str(lot.id) and entry["status"] == "waiting":
                await known["nora"].leaves(entry)
    await (await town.a_customer("Samir")).waits(sold)  # so that what comes back is gone from this one too
    cancelled = [
        await _answer(known["marc"], "POST", f"/reservations/{known['bought'][lot.id].id}/cancel")
        for lot in (free, sold)
    ]
    assert cancelled[0] == cancelled[1]
    for name, person in people.items():
        _alike(await _doors(town, person, free), await _doors(town, person, sold), name)

    await town.clock(free.pickup_end + timedelta(seconds=1))
    await town.worker_runs()
    for name, person in people.items():
        _alike(await _doors(town, person, free), await _doors(town, person, sold), name)
    assert (await people["stranger"].asks("GET", f"/lots/{free.id}")).status_code == 404


@pytest.mark.parametrize("end", ["window", "withdrawal", "pause", "recall"])
async def test_a_holder_reads_both_lots_alike_when_they_are_over(town: Town, end: str) -> None:
    free, sold, known = await _twins(town)
    if end == "window":
        await town.clock(free.pickup_end + timedelta(seconds=1))
    elif end == "withdrawal":
        for lot in (free, sold):
            await lot.shop.merchant.withdraws(lot)
    elif end == "pause":
        await (await town.an_admin()).suspends_account(free.shop.merchant)
    else:
        await town.changes("update app.lots set gtin = '03017620422003' where id = any ($1)", [free.id, sold.id])
        await (await town.an_admin()).posts("/admin/recalls", {"gtin": "3017620422003", "reason": "x"})
    await town.worker_runs()

    for person in (known["marc"], known["nora"]):
        _alike(await _doors(town, person, free), await _doors(town, person, sold), person.name)
    status = {"window": "ended", "withdrawal": "withdrawn", "pause": "paused", "recall": "recalled"}[end]
    assert (await known["marc"].gets(f"/lots/{free.id}"))["status"] == status


async def test_an_offer_of_a_lot_that_becomes_free_lapses(town: Town) -> None:
    jeanne, nora, amina = await town.a_customer("Jeanne"), await town.a_customer("Nora"), await town.a_beneficiary()
    lot = await town.a_lot(
        left=1, opens_in=timedelta(hours=-1), becomes_free_at=await town.now() + timedelta(minutes=5)
    )
    held = await jeanne.reserves(lot)
    entry, other = await nora.waits(lot), await amina.waits(lot)
    await jeanne.cancels(held)
    assert (await nora.waiting(entry))["status"] == "offered"

    await town.clock(await town.now() + timedelta(minutes=5))
    await town.worker_runs()
    await town.worker_runs()

    assert (await nora.waiting(entry))["status"] == "lapsed"
    assert (await amina.waiting(other))["status"] == "offered"
    taken = await amina.asks("POST", f"/waiting/{other['id']}/take", key=str(uuid4()))
    assert taken.json()["unit_price_cents"] in (0, 400)


@pytest.mark.parametrize(
    ("function", "careful", "careless"),
    [
        ("reserve", "asked.published_at is not null and asked.converted_at is not null", "false"),
        ("join_waiting", "if remaining > 0 and not others then", "if remaining > 0 then"),
        ("end_waiting", "or was.status = 'offered' and not", "or not"),
        ("is_on_sale", "and l.kind = 'discounted'", ""),
        ("lots_reserved_by", "and r.unit_price_cents = 0", ""),
        ("sold_out_lot_json", "case when l.converted_at is null then 0 else 1 end", "0"),
        ("lots_without_portions", "or l.price_before_free_cents is not null and not sees_free", ""),
    ],
)
async def test_control_each_likeness_to_a_sold_out_lot_is_needed(
    town: Town, function: str, careful: str, careless: str
) -> None:
    await rewrite_function(town, function, (careful, careless))
    free, sold, known = await _twins(town)
    people = [known["marc"], known["nora"], await town.a_customer("Paul")]
    differ = [await _doors(town, person, free) != await _doors(town, person, sold) for person in people]
    assert any(differ)
