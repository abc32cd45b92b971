"""Compare what clients were told, what is in the database and what Stripe charged."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import asyncpg

from scripts.proofs.crowd import Crowd, Errand
from scripts.proofs.house import House

CLOSED = ("succeeded", "cancelled", "refunded")
WORTH_THEIR_PRICE = ("confirmed", "picked_up", "no_show", "given")

# Each row describes one inconsistency. No rows means that everything is consistent.
DATABASE = """
    select format('lot %s: %s left, %s promised, %s set aside and %s to be collected of %s',
                  k.lot_id, k.remaining, n.promised, w.set_aside, i.collected, k.quantity)
    from app.lots l join app.lot_stock k on k.lot_id = l.id, lateral (
        select coalesce(sum(r.quantity), 0) promised from app.reservations r
        where r.lot_id = l.id and r.status in ('held', 'confirmed', 'picked_up', 'no_show', 'given')) n, lateral (
        select coalesce(sum(o.offered), 0) set_aside from app.waiting o
        where o.lot_id = l.id and o.status = 'offered') w, lateral (
        select coalesce(sum(case when x.status = 'received' then coalesce(c.taken_portions, c.portions)
                                 else c.portions end), 0) collected
        from app.collection_items c join app.collections x on x.id = c.collection_id
        where c.lot_id = l.id and c.holds_stock) i
    where k.remaining + n.promised + w.set_aside + i.collected <> k.quantity or k.quantity <> l.quantity
union all
    select format('lot %s: %s left although somebody waits', l.id, k.remaining)
    from app.lots l join app.lot_stock k on k.lot_id = l.id
    where l.status = 'published' and l.kind = 'discounted' and k.remaining > 0 and l.pickup_end > app.clock()
      and coalesce(l.becomes_free_at > app.clock(), true)
      and exists (select from app.waiting w where w.lot_id = l.id and w.status = 'waiting')
union all
    select format('place in line %s is %s, reservation %s', w.id, w.status, w.reservation_id) from app.waiting w
    where w.status = 'taking'
       or w.status = 'taken' and not exists (
           select from app.reservations r
           where r.id = w.reservation_id and r.account_id = w.account_id and r.lot_id = w.lot_id)
union all
    select format('quota of %s on %s: %s taken, %s reserved', f.account_id, f.day, f.taken, n.counted)
    from app.free_portions f, lateral (
        select coalesce(sum(r.quantity), 0) counted from app.reservations r
        where r.account_id = f.account_id and r.quota_day = f.day
          and (r.status <> 'cancelled' or r.ended_because = 'holder_late')) n
    where f.taken <> n.counted or f.taken > 2
union all
    select format('reservation %s has no key', r.id) from app.reservations r
    where (select count(*) from app.idempotency_keys i
           where i.reservation_id = r.id and i.scope = r.account_id) <> 1
      and r.created_at > app.clock() - interval '40 hours'  -- older keys are deleted
      and not exists (select from app.suspended_portions p  -- a moved gift has its key at its first lot
                      where p.reservation_id = r.id and p.suspended_lot_id <> r.id)
      and not (r.purpose = 'give' and r.ended_because = 'refunded')  -- nor has a part of one that was taken back
union all
    select format('reservation %s is still held, its payment %s', r.id, p.status)
    from app.reservations r join app.payments p on p.reservation_id = r.id where r.status = 'held'
union all
    select format('payment %s is still %s', p.id, p.status) from app.payments p
    where p.status in ('intended', 'pending', 'cancel_due', 'refund_due')
union all
    select format('reservation %s is %s, its payment %s', r.id, r.status, p.status)
    from app.reservations r join app.payments p on p.reservation_id = r.id
    where (p.status = 'succeeded') <> (r.status in ('confirmed', 'picked_up', 'no_show')
                                       or r.status = 'cancelled' and r.ended_because = 'holder_late')
      and r.status <> 'given'
      -- A person may refund in Stripe's dashboard what was collected, missed or cancelled too late.
      and not (p.status = 'refunded' and (r.status in ('picked_up', 'no_show') or r.ended_because = 'holder_late'))
      -- If that refund of a gift failed, it is paid again as long as beneficiaries have portions of it.
      and not (p.status = 'succeeded' and r.purpose = 'give' and r.ended_because = 'refunded'
               and exists (select from app.suspended_lots s where s.id = r.id and s.settled_at is null))
union all
    select format('reservation %s of a discounted lot has no payment', r.id) from app.reservations r
    where r.unit_price_cents > 0 and not exists (select from app.payments p where p.reservation_id = r.id)
      and not exists (select from app.suspended_portions p where p.reservation_id = r.id and p.suspended_lot_id <> r.id)
      and not (r.purpose = 'give' and r.ended_because = 'refunded')
union all
    select format('withdrawn lot %s: reservation %s is %s', l.id, r.id, r.status)
    from app.lots l join app.reservations r on r.lot_id = l.id
    where l.status = 'withdrawn' and r.status in ('held', 'confirmed')
union all
    select format('free lot %s beside %s: %s portions, %s given', l.id, l.suspended_from, l.quantity, n.given)
    from app.lots l, lateral (
        select coalesce(sum(r.quantity), 0) given from app.reservations r
        where r.lot_id = l.suspended_from and r.purpose = 'give' and r.status in ('confirmed', 'given')) n
    where l.suspended_from is not null and l.quantity <> n.given
union all
    select format('free lot %s beside %s: %s collected, %s counted', l.id, l.suspended_from, n.collected, c.counted)
    from app.lots l, lateral (
        select coalesce(sum(r.quantity), 0) collected from app.reservations r
        where r.lot_id = l.id and r.status = 'picked_up') n, lateral (
        select sum(p.collected) counted, count(*) filter (where p.collected is null) uncounted
        from app.suspended_portions p where p.lot_id = l.id) c
    where l.suspended_from is not null and (l.status not in ('published', 'paused') or c.counted is not null)
      and (c.uncounted > 0 or c.counted <> n.collected)
union all
    select format('gift %s of %s: %s collected, %s offered, %s looking for a lot',
                  s.id, r.quantity, n.collected, n.offered, s.unclaimed)
    from app.suspended_lots s join app.reservations r on r.id = s.id, lateral (
        select count(*) places, coalesce(sum(p.collected), 0) collected, coalesce(sum(p.kept), 0) kept,
               coalesce(sum(x.quantity) filter (where p.collected is null), 0) offered
        from app.suspended_portions p join app.reservations x on x.id = p.reservation_id
        where p.suspended_lot_id = s.id) n
    where n.places > 0 and s.settled_at is null and n.collected + n.kept + n.offered + s.unclaimed <> r.quantity
          -- of a gift that was refunded in Stripe's dashboard, only what beneficiaries had reserved is left
          -- (the refund itself may have failed since)
          and not coalesce(r.ended_because = 'refunded', false)
       or s.settled_at is not null and n.offered + s.unclaimed > 0
       or n.places = 0 and r.status in ('confirmed', 'given')
"""

MONEY = """
    select p.id, p.status, p.amount_cents, p.refunded_cents, p.stripe_payment_intent, r.id as reservation_id,
           r.status as reservation, r.ended_because, r.unit_price_cents * r.quantity as total_cents,
           -- For a settled gift: the portions collected, or kept for who did not come, at the prices of their lots.
           (select sum((t.collected + t.kept) * x.unit_price_cents) from app.suspended_portions t
            join app.reservations x on x.id = t.reservation_id join app.suspended_lots s on s.id = t.suspended_lot_id
            where s.id = r.id and s.settled_at is not null) as collected_cents
    from app.payments p join app.reservations r on r.id = p.reservation_id
"""


async def violations(house: House, crowds: Iterable[Crowd] = ()) -> list[str]:
    """Return all inconsistencies in words. Call it when nothing is under way any more."""
    async with house.sql() as sql:
        found = [str(row[0]) for row in await sql.fetch(DATABASE)]
        payments = {str(row["id"]): row for row in await sql.fetch(MONEY)}
        reservations = {row["id"]: row for row in await sql.fetch("select * from app.reservations")}
        keys = {
            (row["scope"], row["key"]): row
            for row in await sql.fetch("select scope, key, reservation_id from app.idempotency_keys")
        }
    books = (await house.stripe.ledger())["payments"]
    found += _money(payments, books)
    for crowd in crowds:
        for errand in crowd.errands:
            kept = keys.get((errand.account, errand.key))
            found += _told(errand, reservations, kept["reservation_id"] if kept else None, crowd.withdrawn)
        found += [f"answered {count} times: {code}" for code, count in crowd.answers.items() if code == "internal"]
    return found


def _money(payments: dict[str, asyncpg.Record], books: list[dict[str, Any]]) -> list[str]:
    """Compare Stripe's books with ours, payment by payment and in total."""
    found = []
    intents: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in books:
        intents[entry["metadata"].get("payment_id", "")].append(entry)
    for payment_id, entries in intents.items():
        ours = payments.get(payment_id)
        if ours is None:
            found += [f"Stripe has {entry['payment_intent']}, which we do not know" for entry in entries]
            continue
        for entry in entries:
            if entry["payment_intent"] != ours["stripe_payment_intent"] and entry["status"] != "canceled":
                found.append(
                    f"{entry['payment_intent']} can still be paid, but payment {payment_id} has another intent"
                )
        if len(entries) > 1:
            found.append(f"payment {payment_id} has {len(entries)} intents")
    for payment_id, ours in payments.items():
        entries = intents.get(payment_id, [])
        charges = sum(entry["charges"] for entry in entries)
        kept = sum(entry["charged_cents"] - entry["refunded_cents"] for entry in entries)
        worth = _worth(ours)
        if charges > 1:
            found.append(f"reservation {ours['reservation_id']} was charged {charges} times")
        if kept != worth:
            found.append(
                f"reservation {ours['reservation_id']} is {ours['reservation']}, Stripe keeps {kept} for {worth}"
            )
    kept = sum(entry["charged_cents"] - entry["refunded_cents"] for entry in books)
    worth = sum(_worth(ours) for ours in payments.values())
    if kept != worth:
        found.append(f"Stripe keeps {kept} in all, our reservations are worth {worth}")
    return found


def _worth(ours: asyncpg.Record) -> int:
    """Return the cents that Stripe must keep for a payment: nothing if all of it was refunded."""
    if ours["status"] == "refunded" and ours["refunded_cents"] >= ours["amount_cents"]:
        return 0
    if ours["collected_cents"] is not None:
        return int(ours["collected_cents"])
    return int(ours["total_cents"]) if _is_paid_for(ours) else 0


def _is_paid_for(ours: asyncpg.Record) -> bool:
    """Return whether a reservation's price is due. A late cancellation is not refunded."""
    late = ours["reservation"] == "cancelled" and ours["ended_because"] == "holder_late"
    return ours["reservation"] in WORTH_THEIR_PRICE or late


def _told(
    errand: Errand, reservations: dict[UUID, asyncpg.Record], kept: UUID | None, withdrawn: set[UUID]
) -> list[str]:
    """Return how the database differs from what a client was told about an errand."""
    found = []
    if len(set(errand.answers)) > 1:
        found.append(f"key {errand.key} was answered in {len(set(errand.answers))} ways")
    if errand.reservation is None:
        return found
    row = reservations.get(errand.reservation)
    if row is None:
        return [*found, f"reservation {errand.reservation} was acknowledged but is lost"]
    if kept is not None and kept != errand.reservation:
        found.append(f"key {errand.key} stands for {kept}, but its client was told {errand.reservation}")
    if (row["account_id"], row["lot_id"], row["quantity"]) != (errand.account, errand.lot.id, errand.quantity):
        found.append(f"reservation {errand.reservation} is not what was asked for")
    may_be_over = errand.asked_to_cancel or errand.lot.id in withdrawn or row["ended_because"] == "shop"
    if errand.confirmed and row["status"] not in WORTH_THEIR_PRICE and not may_be_over:
        found.append(f"reservation {errand.reservation} was confirmed but is {row['status']}")
    if errand.cancelled and row["status"] != "cancelled":
        found.append(f"reservation {errand.reservation} was cancelled but is {row['status']}")
    return found
