"""Compare the ledger with Stripe's own books, with the sales, and with itself."""

from collections import Counter
from typing import Any

from backend.ledger.check import check, compare
from scripts.proofs.money.world import World

PAID_FOR = ("confirmed", "picked_up", "no_show", "given")

UNEVEN = """
    select format('posting %s (%s) does not balance', p.id, p.kind)
    from accounting.postings p join accounting.lines n on n.posting_id = p.id
    join accounting.ledger_accounts a on a.id = n.account_id
    group by p.id, p.kind, a.book, case when a.book <> 'platform' then a.subject end having sum(n.cents) <> 0
union all
    select format('transfer of %s cents', t.cents) from accounting.transfers t where t.cents <= 0
union all
    select format('reversal of %s cents', v.cents) from accounting.reversals v where v.cents <= 0
union all
    select format('transfer %s reversed by %s of %s', t.id, t.reversed_cents, t.cents)
    from accounting.transfers t where t.reversed_cents > t.cents
"""

# What closed lots and their corrections say, and what the postings say, a shop a row.
CLOSED = """
    select coalesce(b.shop_id, p.shop_id)::text as shop,
           coalesce(b.net, 0) as net, coalesce(b.commission, 0) as commission, coalesce(b.vat, 0) as vat,
           coalesce(p.net, 0) as posted_net, coalesce(p.commission, 0) as posted_commission,
           coalesce(p.vat, 0) as posted_vat
    from (select x.shop_id, sum(x.net_cents) as net, sum(x.commission_cents) as commission, sum(x.vat_cents) as vat
          from (select shop_id, net_cents, commission_cents, vat_cents from accounting.closed_lots
                union all
                select shop_id, net_cents, commission_cents, vat_cents from accounting.closed_lot_corrections) x
          group by x.shop_id) b
    full join (
        select w.shop_id, -sum(n.cents) filter (where a.kind = 'shop') as net,
               -sum(n.cents) filter (where a.kind = 'commission') as commission,
               -sum(n.cents) filter (where a.kind = 'vat') as vat
        from accounting.postings q
        join accounting.lines n on n.posting_id = q.id
        join accounting.ledger_accounts a on a.id = n.account_id
        join lateral (select y.subject as shop_id from accounting.lines m
                      join accounting.ledger_accounts y on y.id = m.account_id
                      where m.posting_id = q.id and y.kind = 'shop' and y.book = 'platform' limit 1) w on true
        where q.kind not in ('transfer', 'reversal')
        group by w.shop_id) p on p.shop_id = b.shop_id
"""

BALANCES = """
    select a.kind, a.book, sum(n.cents)::bigint as cents
    from accounting.lines n join accounting.ledger_accounts a on a.id = n.account_id group by a.kind, a.book
"""

BY_KIND = """
    select p.kind, sum(n.cents)::bigint as cents
    from accounting.postings p join accounting.lines n on n.posting_id = p.id
    join accounting.ledger_accounts a on a.id = n.account_id and a.kind = 'stripe' group by p.kind
"""

CONNECTED = """
    select y.stripe_account as account, coalesce(sum(n.cents), 0)::bigint as cents
    from app.payout_accounts y
    left join accounting.ledger_accounts a on a.subject = y.shop_id and a.kind = 'connected' and a.book = 'shop'
    left join accounting.lines n on n.account_id = a.id
    where y.stripe_account is not null group by y.stripe_account
"""

SALES = """
    select r.id::text as sale, r.purpose, r.status, r.ended_because, s.source as intent,
           (select sum(n.cents) from accounting.lines n join accounting.ledger_accounts a on a.id = n.account_id
            where n.posting_id = s.id and a.kind = 'stripe') as paid
    from app.reservations r join accounting.postings s on s.kind = 'sale' and s.reservation_id = r.id
"""

# Months of Premium, with what was given back of them.
MONTHS = """
    select b.intent, b.net_cents + b.vat_cents as paid,
           (select coalesce(sum(r.cents), 0) from accounting.billed_refunds r
            where r.invoice = b.invoice and r.failed_at is null) as refunded
    from accounting.billed_periods b
"""

LEFT = """
    select format('payment %s is %s', p.id, p.status) from app.payments p
    where p.status in ('intended', 'pending', 'cancel_due', 'refund_due')
union all
    select format('transfer %s is %s', t.id, t.status) from accounting.transfers t where t.status = 'intended'
union all
    select format('reversal %s is %s', v.id, v.status) from accounting.reversals v where v.status = 'intended'
union all
    select format('lot %s waits to be closed', q.lot_id) from app.lots_to_close q
union all
    select format('%s cents are still %s', sum(n.cents), a.kind)
    from accounting.postings p join accounting.lines n on n.posting_id = p.id
    join accounting.ledger_accounts a on a.id = n.account_id
    where a.kind in ('held', 'suspended', 'unmatched')
    group by a.kind having sum(n.cents) <> 0
union all
    select format('%s cents are due to shop %s, which has an account', app.shop_due_cents(y.shop_id), y.shop_id)
    from app.payout_accounts y
    where y.state = 'active' and app.shop_due_cents(y.shop_id) >= app.setting_int('least_transfer_cents')
"""

# Of a dispute we bear what is not back; the shop bears nothing of what is back. $1: whether all are decided.
DISPUTED = """
    select format('%s cents are %s', sum(n.cents), a.kind)
    from accounting.lines n join accounting.ledger_accounts a on a.id = n.account_id
    where a.kind in ('losses', 'disputes') group by a.kind
    having sum(n.cents) < 0 or $1 and a.kind = 'disputes' and sum(n.cents) <> 0
union all
    select format('dispute %s: %s cents withdrawn, %s back, but shops bear %s', d.id, d.cents, b.back, s.borne)
    from accounting.disputes d
    cross join lateral (
        select coalesce(sum(n.cents), 0) as back
        from accounting.postings p join accounting.lines n on n.posting_id = p.id
        join accounting.ledger_accounts a on a.id = n.account_id and a.kind = 'stripe'
        where p.source = d.id and p.kind = 'dispute_reinstated') b
    cross join lateral (
        select coalesce(sum(n.cents), 0) as borne
        from accounting.postings p join accounting.lines n on n.posting_id = p.id
        join accounting.ledger_accounts a on a.id = n.account_id and a.kind = 'shop'
        where p.source = d.id) s
    where b.back > 0 and s.borne > 0
"""

# A fund is its ceiling, whatever is granted at once. Each collected reservation of a lot that its shop gave is granted
# once, and nothing else is. $1: whether all lots are closed: then nothing that is due and fits is left out.
FUNDS = """
    with granted as (select g.fund_id, sum(g.cents) as cents from accounting.grants g group by g.fund_id),
    balances as (
        select a.subject as fund_id, -sum(n.cents) filter (where a.kind = 'fund') as fund,
               -sum(n.cents) filter (where a.kind = 'subsidy') as owed
        from accounting.ledger_accounts a join accounting.lines n on n.account_id = a.id
        where a.book = 'subsidy' group by a.subject),
    paid as (
        select s.fund_id, sum(l.cents) as cents
        from accounting.fund_lines l join accounting.fund_statements s on s.id = l.statement_id
        where l.paid_at is not null group by s.fund_id)
    select format('a fund of %s cents granted %s, and %s are left; the ledger says %s and owes %s, %s were paid',
                  f.ceiling_cents, g.cents, f.left_cents, b.fund, b.owed, p.cents)
    from app.funds f left join granted g on g.fund_id = f.id left join balances b on b.fund_id = f.id
    left join paid p on p.fund_id = f.id
    where f.ceiling_cents <> f.left_cents + coalesce(g.cents, 0) or f.left_cents <> b.fund
       or coalesce(b.owed, 0) <> coalesce(g.cents, 0) - coalesce(p.cents, 0)
union all
    select format('reservation %s is granted, although it is %s of a lot that is %s', r.id, r.status, l.kind)
    from accounting.grants g join app.reservations r on r.id = g.reservation_id join app.lots l on l.id = r.lot_id
    where r.status <> 'picked_up' or r.unit_price_cents > 0 or l.suspended_from is not null or l.kind <> 'free'
       or g.cents <> r.quantity * 150
union all
    select format('reservation %s was collected and is not granted', r.id)
    from app.reservations r join app.lots l on l.id = r.lot_id cross join app.funds f
    where $1 and r.status = 'picked_up' and l.kind = 'free' and l.suspended_from is null and r.unit_price_cents = 0
      and f.left_cents >= r.quantity * 150
      and not exists (select from accounting.grants g where g.reservation_id = r.id)
"""

KINDS = {  # the ledger's kinds by the types of Stripe's lines
    "charge": "sale",
    "refund": "refund",
    "refund_failure": "refund_failed",
    "transfer": "transfer",
    "transfer_refund": "reversal",
}


async def violations(world: World, *, settled: bool) -> list[str]:
    """Return what does not add up, in words. settled: nothing may be open or under way any more."""
    books = await world.stripe.books()
    found = [str(row[0]) for row in await world.sql.fetch(UNEVEN)]
    found += world.overpaid
    found += await _closed_lots(world)
    found += await _stripe(world, books, settled=settled)
    found += await _accounts(world, books, settled=settled)
    found += await _sales(world, settled=settled)
    found += [str(row[0]) for row in await world.sql.fetch(DISPUTED, settled)]
    found += [str(row[0]) for row in await world.sql.fetch(FUNDS, settled)]
    if settled:
        found += [str(row[0]) for row in await world.sql.fetch(LEFT)]
        found += await _own_check(world)
    return found


async def _own_check(world: World) -> list[str]:
    """Return what the product's own daily check finds, but for what moved in earlier histories."""
    work = world.worker.work
    _, stripe_cents = await compare(work.acts, work.stripe)
    checked = await check(world.worker.url, stripe_cents=stripe_cents)
    return [f"the check says {one}" for one in checked.differences if one.source not in world.known]


async def _closed_lots(world: World) -> list[str]:
    return [
        f"shop {row['shop']}: its closed lots say {dict(row)}"
        for row in await world.sql.fetch(CLOSED)
        if any(row[what] != row[f"posted_{what}"] for what in ("net", "commission", "vat"))
    ]


async def _stripe(world: World, books: dict[str, Any], *, settled: bool) -> list[str]:
    """Compare what Stripe moved on the platform's balance with the ledger, kind by kind."""
    theirs = Counter[str]()
    for line in books["platform"]["balance_transactions"]:
        if line["id"] not in world.known and line["type"] in KINDS:
            theirs[KINDS[line["type"]]] += line["amount"]
    ours = Counter[str]({row["kind"]: row["cents"] for row in await world.sql.fetch(BY_KIND)})
    ours["sale"] += ours.pop("subscription", 0)  # both are charges to Stripe
    pending = sum(one["amount"] for one in await world.refunds() if one["status"] == "pending")
    theirs["refund"] -= pending  # they are asked for, and wait for funds
    if not settled and await world.sql.fetchval(
        "select exists (select from accounting.transfers where status = 'intended')"
        " or exists (select from accounting.reversals where status = 'intended')"
    ):  # it is known in the next night whether Stripe made them
        for kind in ("transfer", "reversal"):
            del theirs[kind], ours[kind]
    kinds = {*KINDS.values()}
    return [
        f"Stripe moved {theirs[kind]} cents by {kind}, the ledger says {ours[kind]}"
        for kind in sorted(kinds)
        if theirs[kind] != ours[kind]
    ]


async def _accounts(world: World, books: dict[str, Any], *, settled: bool) -> list[str]:
    """Compare each shop's balance at Stripe with its book."""
    if not settled:
        return []
    found = []
    for row in await world.sql.fetch(CONNECTED):
        theirs = books["accounts"][row["account"]]
        cents = theirs["available_cents"] + theirs["pending_cents"]
        if cents != row["cents"]:
            found.append(f"account {row['account']} has {cents} cents, its book says {row['cents']}")
    return found


async def _sales(world: World, *, settled: bool) -> list[str]:
    """Compare each sale with what Stripe charged and refunded: nobody pays for nothing, shops earn what was paid."""
    entries = {entry["payment_intent"]: entry for entry in await world.paid()}
    found, sales = [], {row["intent"]: row for row in await world.sql.fetch(SALES)}
    months = {row["intent"]: row for row in await world.sql.fetch(MONTHS)}
    for intent, entry in entries.items():
        if (month := months.get(intent)) is not None:
            if (entry["charged_cents"], entry["refunded_cents"]) != (month["paid"], month["refunded"]):
                found.append(f"{intent}: Stripe says {entry}, the books say {dict(month)}")
        elif intent not in sales:
            found.append(f"{intent} was charged {entry['charged_cents']} cents and posted nowhere")
    held = await world.sql.fetch(
        "select p.reservation_id::text as sale,"
        " coalesce(-sum(n.cents) filter (where a.kind in ('held', 'suspended')), 0) as held,"
        " coalesce(-sum(n.cents) filter (where a.kind in ('shop', 'commission', 'vat')), 0) as earned,"
        " coalesce(-sum(n.cents) filter (where a.kind = 'losses'"
        " and (p.kind in ('dispute_borne', 'dispute_returned') or p.kind like 'dispute_refund%')), 0) as borne"
        " from accounting.postings p join accounting.lines n on n.posting_id = p.id"
        " join accounting.ledger_accounts a on a.id = n.account_id where p.reservation_id is not null group by 1"
    )
    kept = {row["sale"]: row for row in held}
    for intent, row in sales.items():
        entry = entries[intent]
        net, mine = entry["charged_cents"] - entry["refunded_cents"], kept[row["sale"]]
        if row["paid"] != entry["charged_cents"]:
            found.append(f"{intent} was charged {entry['charged_cents']} cents, the ledger says {row['paid']}")
        net -= mine["borne"]
        if mine["held"] < 0 or mine["held"] + mine["earned"] != net:
            found.append(f"{intent}: Stripe keeps {net} cents, of which {mine['held']} held, {mine['earned']} earned")
        due = row["status"] in PAID_FOR or row["ended_because"] == "holder_late"
        if settled and net > 0 and not due and row["purpose"] == "collect":
            found.append(f"{intent} was charged {net} cents for a reservation that is {row['status']}")
        if settled and mine["earned"] != net:
            found.append(f"{intent}: shops earned {mine['earned']} of {net} cents that Stripe keeps")
    return found
