"""Two people of each role, with rows of both in every table, to test who can reach whose rows."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from tests.town import Lot, Person, Shop, Town
from tests.town.databases import API, WORKER, Connection, become

ROLES = ("customer", "merchant", "beneficiary", "collector", "association", "admin")


@dataclass(frozen=True)
class Scene:
    """`first` are the people who make the requests; `second` are others, whose rows they must not reach."""

    first: dict[str, Person]
    second: dict[str, Person]


async def two_of_everybody(town: Town) -> Scene:
    """Fill a town with two sides, each with its own people, shops, lots, reservations, payments and sessions."""
    first, second = await _side(town, 1), await _side(town, 2)
    for side, other in ((first, second), (second, first)):
        await town.changes(
            "insert into app.decisions (subject, subject_id, decision, decided_by)"
            " values ('account', $1, 'restored', $2)",
            other["customer"].id,
            side["admin"].id,
        )
        await town.changes(
            "insert into app.recalls (gtin, reason, issued_by) values ('03017620422003', 'Listeria', $1)",
            side["admin"].id,
        )
        notice = await town.value(
            "insert into app.recall_notices (number, version, published_at, title, reason, names, fades_at, read_at)"
            " values ($1, 0, now(), 'Tartinade', 'Listeria', '', now(), now()) returning id",
            f"2026-11-{side['admin'].name[-1]}",
        )
        await town.changes(
            "insert into app.recall_items (notice_id, key, gtin, covers, fades_at)"
            " values ($1, repeat('a', 64), '03017620422003', 'unclear', now())",
            notice,
        )
        await town.changes(
            "insert into app.recall_matches (notice_id, lot_id, because, found_at, decided_at, decided_by, recalled)"
            " values ($1, (select l.id from app.lots l join app.shops s on s.id = l.shop_id where s.owner_id = $3"
            " order by l.id limit 1), 'batch_unreadable', now(), now(), $2, false)",
            notice,
            side["admin"].id,
            side["merchant"].id,
        )
    await town.changes("insert into app.recall_feed values (true, now(), now())")
    await town.changes("insert into app.places values ('80829', 'Y', '{80190}', '80', 91, 49.8026, 2.9914)")
    await town.changes("insert into app.place_names values ('y', '80829', true, 91, ' 80 80190 ')")
    async with town.copy.connection(WORKER) as worker:
        await worker.execute("select app.add_up_impact()")
        await worker.execute("set search_path = jobs")
        await worker.execute("select procrastinate_register_worker_v1()")
        await worker.execute(
            "select procrastinate_defer_periodic_job_v2('default', null, null, 'tick', 0, 'tick', 0, '{}')"
        )
    return Scene(first, second)


async def _side(town: Town, number: int) -> dict[str, Person]:
    association = await town.an_association(f"Association {number}")
    merchant = await town.a_merchant(f"Merchant {number}")
    customer = await town.a_customer(f"Customer {number}")
    await town.changes("update app.associations set is_public = true where id = $1", association.id)
    beneficiary = await town.a_beneficiary(f"Beneficiary {number}", association=association)
    people: dict[str, Person] = {
        "customer": customer,
        "merchant": merchant,
        "beneficiary": beneficiary,
        "collector": await town.a_collector(f"Collector {number}"),
        "association": association,
        "admin": await town.an_admin(f"Admin {number}"),
    }
    shop = await town.a_shop(merchant)
    await town.a_shop(merchant, verified=False)
    closed = await town.a_shop(merchant)
    for liking in (customer, beneficiary):
        await town.changes(
            "insert into app.favourites (account_id, shop_id, slot)"
            " select $1, x.shop, x.slot from unnest($2::uuid[]) with ordinality as x (shop, slot)",
            liking.id,
            [shop.id, closed.id],
        )
        await town.changes("insert into app.saved_places values (default, $1, 1, 'Home', 48.57, 7.75)", liking.id)
        await town.changes(
            "insert into app.place_alerts (place_id, account_id, area, radius_m)"
            " select id, account_id, '<(0,0),1>', 500 from app.saved_places where account_id = $1",
            liking.id,
        )
        await town.changes("insert into app.diets values ($1, 'sealed')", liking.id)
        await town.changes(
            "insert into app.alerts_due select place_id, now(), now() from app.place_alerts where account_id = $1",
            liking.id,
        )
    await _lots_and_reservations(town, shop, closed, customer, beneficiary)
    await town.an_agreement(association, shop.id, status="confirmed")
    await town.an_agreement(association, shop.id, status="coming")
    await town.an_agreement(association, closed.id, status="confirmed")
    await town.changes(
        "insert into app.setting_changes (name, old, new, changed_by, changed_at)"
        " values ('hold_minutes', 10, 15, $1, now())",
        people["admin"].id,
    )
    async with town.copy.connection(API) as api:
        await _write_as_the_api(api, people)
    await town.changes(
        "insert into app.sealed_addresses (account_id, sealed, lookup) values ($1, 'sealed', sha256($2))",
        beneficiary.id,
        beneficiary.id.bytes,
    )
    await town.changes(
        "insert into app.imports (account_id, lines, begun_at, seen_at) values ($1, 1, now(), now())", association.id
    )
    await town.changes(
        "insert into app.transfers (beneficiary_id, from_association_id, to_association_id, asked_by, asked_at)"
        " values ($1, $2, $3, $2, now())",
        beneficiary.id,
        association.id,
        (await town.an_association(f"Third {number}")).id,
    )
    for person in people.values():
        await town.changes("insert into app.quiet_hours values ($1, '22:00', '07:00', null, now())", person.id)
        await town.changes(
            "insert into app.undelivered_mails (message, account_id, template, first_at, last_at)"
            " values (sha256($2), $1, 'lot_recalled', now(), now())",
            person.id,
            person.id.bytes,
        )
    await town.changes("insert into app.right_reminders values ($1, '2026-12-31', 30, now())", beneficiary.id)
    await town.changes(
        "insert into app.cards (beneficiary_id, secret_hash) values ($1, sha256($2))",
        beneficiary.id,
        beneficiary.id.bytes,
    )
    for registrar in (association, people["admin"]):
        await town.changes(
            "insert into app.kiosks (id, name, association_id, device_hash, registered_by, revoked_at)"
            # Kiosks that admins once registered are revoked.
            " values ($3, 'Accueil', $1, sha256($2), $3, case when $1::uuid is null then now() end)",
            association.id if registrar is association else None,
            registrar.id.bytes,
            registrar.id,
        )
    await town.changes(
        "insert into app.stations (shop_id, name, code_hash, code_ends_at) values ($1, 'Caisse', sha256($2), now())",
        shop.id,
        shop.id.bytes,
    )
    await town.changes(
        "insert into app.spent_codes (code) values ('2025-BEN-' || $1)", f"{beneficiary.id.int % 10**5:05d}"
    )
    await town.changes(
        "insert into accounting.payments (payment_id, paid_at, amount_cents, refunded_cents, status,"
        " stripe_payment_intent, shop_siret, lot_category, moved_at)"
        " values ($1, now(), 400, 0, 'succeeded', 'pi_x', '73282932000074', 'bakery', now())",
        uuid4(),
    )
    await town.changes(
        "insert into accounting.corrections (payment_id, refunded_cents, noted_at)"
        " select payment_id, 400, now() from accounting.payments"
    )
    await _collected(town, shop, association, people["collector"])
    await _paid_out(town, shop, await _closed_lot(town, shop))
    await _premium(town, shop)
    await town.changes("insert into key_vault.erased_accounts (account_id, erased_at) values ($1, now())", uuid4())
    await town.changes(
        "insert into accounting.erased_shops (shop_id, siret, erased_at) values ($1, '73282932000074', now())", uuid4()
    )
    await town.changes(
        "insert into app.impact_periods (first_month, last_month, handovers, food_grams, meals, co2e_grams,"
        " value_saved_cents, recovered_by_shops_cents, people_helped)"
        " values ('2020-01-01', '2020-01-01', 12, 6000, 12, 10800, 9600, 4000, 11) on conflict do nothing"
    )
    await town.changes("insert into app.territory_names values ('france', 'FR', true, 1) on conflict do nothing")
    for person in people.values():
        await _notice(town, person)
        await town.changes(
            "insert into app.page_sessions (id_hash, kind, account_id, sealed, created_at, seen_on, ends_at)"
            " values ($1, 'person', $2, 'x', now(), current_date, now())",
            uuid4().bytes,
            person.id,
        )
        await town.changes(
            "insert into app.consents (account_id, purpose, version, given) values ($1, 'terms', '1', true)", person.id
        )
        await town.changes("insert into app.credentials (account_id, password_hash) values ($1, 'no hash')", person.id)
        await town.changes(
            "insert into app.second_factors (account_id, sealed, activated_at, last_step)"
            " values ($1, 'sealed', now(), 1)",
            person.id,
        )
        await town.changes(
            "insert into app.recovery_codes (code_hash, account_id) values (sha256($2), $1)", person.id, person.id.bytes
        )
        await town.changes(
            "insert into app.one_time_tokens (token_hash, account_id, purpose, expires_at)"
            " values ($1, $2, 'reset_password', now() + interval '1 day')",
            uuid4().bytes,
            person.id,
        )
        await town.changes(
            "insert into app.confirmations (account_id, lookup, asked_at, ends_at)"
            " values ($1, sha256($2), now(), now() + interval '1 day')",
            person.id,
            person.id.bytes,
        )
        await town.changes(
            "insert into app.email_changes (id, account_id, lookup, sealed, revoke_hash, asked_at, ends_at)"
            " values ($1, $1, sha256($2), 'sealed', sha256($2), now(), now() + interval '1 day')",
            person.id,
            person.id.bytes,
        )
        await town.changes(
            "insert into app.terms_asked (account_id, version, asked_at) values ($1, '2026-01', now())", person.id
        )
        await town.changes(
            "insert into app.calendars (account_id, token_hash, made_at) values ($1, sha256($2), now())",
            person.id,
            person.id.bytes,
        )
        await town.changes(
            "insert into app.devices (account_id, device_hash, known_since, last_used_on)"
            " values ($1, $2, now(), current_date)",
            person.id,
            uuid4().bytes,
        )
    return people


async def _lots_and_reservations(town: Town, shop: Shop, closed: Shop, customer: Person, beneficiary: Person) -> None:
    since = timedelta(hours=-1)  # open now, so that food can be collected
    discounted = await town.a_lot(shop=shop, opens_in=since)
    free = await town.a_free_lot(shop=shop, opens_in=since)
    draft = await town.a_lot(shop=shop, status="draft")
    over = await town.a_lot(shop=closed, opens_in=since)
    over_free = await town.a_free_lot(shop=closed, opens_in=since)
    async with town.copy.connection(API) as api, town.copy.connection(WORKER) as worker:
        for lot, holder in ((discounted, customer), (over, customer), (free, beneficiary), (over_free, beneficiary)):
            reservation, payment = await _reserve(api, lot, holder)
            if payment is not None:
                await worker.execute(
                    "select app.settle_payment($1, $2, 'succeeded', 400)", payment, f"pi_{uuid4().hex}"
                )
            if lot in (discounted, free):
                code = await town.value("select code from app.passes where reservation_id = $1", reservation)
                await api.execute("select app.pick_up($1, $2, true)", shop.merchant.id, code)
        await _gift(api, worker, discounted, customer)
    await _waiting(town, discounted, free, customer, beneficiary)
    await _photos_and_drafts(town, shop, (discounted, free, draft, over))
    await _reports(town, (discounted, free))
    await _recurring(town, shop)
    await town.changes("insert into app.reminded_lots values ($1, now())", discounted.id)
    await town.changes("update app.lots set status = 'ended' where shop_id = $1", closed.id)
    await town.changes("update app.shops set status = 'suspended' where id = $1", closed.id)


async def _premium(town: Town, shop: Shop) -> None:
    """Subscribe the shop's merchant to Premium, pay a month of it, and refund some."""
    mark = uuid4().hex
    await town.changes(
        "insert into app.subscriptions (account_id, customer, subscription, status, cents, begun_at, period_ends_at,"
        " looked_at) values ($1, $2, $2, 'active', 2399, now(), now() + interval '1 month', now())",
        shop.merchant.id,
        mark,
    )
    await town.changes(
        "insert into accounting.billed_periods (invoice, intent, shop_id, first_day, last_day, net_cents, vat_cents,"
        " paid_at) values ($1, $1, $2, current_date, current_date, 1999, 400, now())",
        mark,
        shop.id,
    )
    await town.changes(
        "insert into accounting.billed_refunds (refund, invoice, cents, net_cents, refunded_at)"
        " values ($1, $1, 12, 10, now())",
        mark,
    )


async def _paid_out(town: Town, shop: Shop, lot: UUID) -> None:
    """Transfer what a closed lot came to, reverse it, pay it out, and dispute a payment."""
    mark = uuid4().hex
    await town.changes(
        "insert into app.payout_accounts (shop_id, stripe_account, state) values ($1, $2, 'active')",
        shop.id,
        f"acct_{mark}",
    )
    transfer = await town.value(
        "insert into accounting.transfers (shop_id, stripe_account, cents, status, stripe_transfer, made_at)"
        " values ($1, $2, 351, 'made', $3, now()) returning id",
        shop.id,
        f"acct_{mark}",
        f"tr_{mark}",
    )
    await town.changes("insert into accounting.transfer_lots values ($1, $2, 351)", transfer, lot)
    await town.changes(
        "insert into accounting.reversals (transfer_id, shop_id, cents) values ($1, $2, 351)", transfer, shop.id
    )
    await town.changes(
        "insert into accounting.payouts values ($1, $2, 351, 'paid', now(), now(), now())", mark, shop.id
    )
    await town.changes("insert into accounting.payout_transfers values ($1, $2, 351)", mark, transfer)
    await town.changes(
        "insert into accounting.disputes (id, shop_id, cents, status, reason, opened_at, looked_at)"
        " values ($1, $2, 399, 'lost', 'fraudulent', now(), now())",
        mark,
        shop.id,
    )


async def _closed_lot(town: Town, shop: Shop) -> UUID:
    """Close a lot of the shop, and correct it; return the lot."""
    lot = uuid4()
    earned, refund = [
        await town.value(
            "select app.post($1, $2, $3, now(), array[app.ledger_account($4), app.ledger_account('shop', $5)],"
            " '{399,-399}')",
            kind,
            str(uuid4()),
            uuid4(),
            account,
            shop.id,
        )
        for kind, account in (("earned", "held"), ("refund", "stripe"))
    ]
    await town.changes(
        "insert into accounting.stripe_balance_transactions"
        " values ($1, null, -399, 0, 'refund', 're_1', 'pi_1', now(), now(), $2)",
        f"txn_{uuid4().hex}",
        refund,
    )
    await town.changes("insert into accounting.balances_read values ('', now()) on conflict do nothing")
    await town.changes(
        "with made as (insert into accounting.ledger_checks (checked_at, lines, differences) values (now(), 1, 1)"
        " returning id) insert into accounting.ledger_differences"
        " select id, 1, 'unknown', 'txn_1', null, null, 1 from made"
    )
    await town.changes(
        "insert into accounting.closed_lots values ($1, $2, 'Panier', now(), now(), 1, 399, 40, 8, 351)", lot, shop.id
    )
    await town.changes(
        "insert into accounting.closed_lot_corrections (lot_id, shop_id, at, gross_cents, commission_cents, vat_cents,"
        " net_cents, reason, posting_id, earned_id) values ($1, $2, now(), -399, -40, -8, -351, 'refund', $3, $4)",
        lot,
        shop.id,
        refund,
        earned,
    )
    # A receipt, an invoice, and a statement that is not printed yet.
    papers = [
        await town.value(
            "insert into accounting.documents (kind, number, source, shop_id, first_day, last_day, issued_at, contents,"
            " sha256, bytes, stored_at) values ($1, $2, $3, $4, '2026-11-01', '2026-11-30', now(), '{}',"
            " case when $5 then repeat('0', 64) end, case when $5 then 1 end, case when $5 then now() end)"
            " returning id",
            kind,
            str(uuid4()) if kind == "invoice" else None,
            str(uuid4()),
            shop.id,
            kind != "statement",
        )
        for kind in ("receipt", "invoice", "statement")
    ]
    await town.changes("insert into accounting.document_numbers values ('F', 2026, 1, now()) on conflict do nothing")
    await town.changes("insert into accounting.stated_lots values ($1, $2)", lot, papers[2])
    await town.changes(
        "insert into accounting.stated_corrections select id, $2 from accounting.closed_lot_corrections"
        " where lot_id = $1",
        lot,
        papers[2],
    )
    await town.changes("insert into accounting.stated_postings values ($1, $2)", refund, papers[2])
    return lot


async def _notice(town: Town, person: Person) -> None:
    """Add a notice, its delivery, one that is not for the app, a preference and the mark of a refused address."""
    await town.changes(
        "with told as (insert into app.notices (account_id, event, facts, in_app, at)"
        " select $1, 'account_ends', '{}', shown, now() from unnest(array[true, false]) shown returning id)"
        " insert into app.notice_deliveries (notice_id, account_id, channel, queued_at)"
        " select id, $1, 'mail', now() from told",
        person.id,
    )
    await town.changes(
        "insert into app.notice_preferences values ($1, 'pickup_reminder', 'mail', false, now())", person.id
    )
    await town.changes("insert into app.refused_addresses values ($1, 550, now())", person.id)


async def _waiting(town: Town, discounted: Lot, free: Lot, customer: Person, beneficiary: Person) -> None:
    """Add a waiting customer and beneficiary, a draw, and a pass handed to a friend."""
    for lot, person in ((discounted, customer), (free, beneficiary)):
        await town.changes(
            "insert into app.waiting (lot_id, account_id, quantity) values ($1, $2, 1)", lot.id, person.id
        )
    await town.changes(
        "insert into app.draws (lot_id, seed, portions, candidates) values ($1, $2, 1, '[]')",
        free.id,
        uuid4().bytes + uuid4().bytes,
    )
    await town.changes(
        "insert into app.handed_passes (reservation_id, token_hash)"
        " select r.id, $2 from app.reservations r where r.lot_id = $1",
        free.id,
        uuid4().bytes + uuid4().bytes,
    )


async def _gift(api: Connection, worker: Connection, lot: Lot, donor: Person) -> None:
    """Suspend a portion: the donor has paid for it, and it is offered to beneficiaries."""
    async with api.transaction():
        await become(api, donor.id)
        payment = await api.fetchval("select payment_id from app.suspend_lot($1, 1, 'refund')", lot.id)
    await worker.execute("select app.settle_payment($1, $2, 'succeeded', 400)", payment, f"pi_{uuid4().hex}")


async def _collected(town: Town, shop: Shop, association: Person, collector: Person) -> None:
    """Add a collection in an accepted tour, one that a depot gives and nobody drives, and the collector's profile."""
    depot = await town.value(
        "insert into app.collection_points (kind, association_id, name) values ('depot', $1, 'Dépôt') returning id",
        association.id,
    )
    await town.changes(
        "insert into app.association_needs"
        " (association_id, takes, weekdays, opens, closes, grams_a_day, farthest_metres)"
        " values ($1, '{bakery}', '{1,2,3}', '17:00', '21:00', 50000, 8000)",
        association.id,
    )
    await town.changes(
        "insert into app.shop_leftovers (shop_id, weekday, category, grams) values ($1, 2, 'bakery', 5000)", shop.id
    )
    await town.changes("insert into app.refused_invitations (lookup, at) values (sha256($1), now())", shop.id.bytes)
    await town.changes(
        "insert into app.shop_invitations (shop_id, token_hash, created_at, ends_at)"
        " values ($1, sha256($2), now(), now() + interval '90 days')",
        shop.id,
        shop.id.bytes,
    )
    await town.changes(
        "insert into app.neighbour_dismissals (shop_id, association_id, said_by, at) values ($1, $2, 'shop', now())",
        shop.id,
        association.id,
    )
    await town.changes(
        "insert into app.chat_hooks (association_id, name, kind, events, language, host, ends_with, key_id, sealed,"
        " wrapped, master_key)"
        " select a, 'Salon', 'slack', '{asked}', 'fr', 'hooks.example', 'abcd', app.uuid7(), '', '', '-'"
        " from unnest(array[$1, null]::uuid[]) a",
        association.id,
    )
    await town.changes(
        "insert into app.webhook_endpoints (association_id, description, events, host, ends_with, key_id, sealed,"
        " wrapped, master_key) values ($1, '', '{collection.taken.v1}', 'hooks.example', 'abcd', app.uuid7(), '', '',"
        " '-')",
        association.id,
    )
    await town.changes(
        "with e as (select id from app.webhook_endpoints where association_id = $1), s as ("
        " insert into app.webhook_secrets (endpoint_id, key_id, sealed, wrapped, master_key)"
        " select id, app.uuid7(), '', '', '-' from e)"
        " insert into app.webhook_deliveries (endpoint_id, event_id, type, path, at, due_at)"
        " select id, app.uuid7(), 'collection.taken.v1', '/v1/collections/1', now(), now() from e",
        association.id,
    )
    await town.changes(
        "insert into app.cancellations_to_tell select id, $1, now() from app.reservations where lot_id in"
        " (select id from app.lots where shop_id = $1) limit 1",
        shop.id,
    )
    await town.changes(
        "insert into app.point_reports (point_id, at, percent)"
        " select id, now(), 60 from app.collection_points where id = $1 or association_id = $2 or shop_id in"
        " (select id from app.shops where owner_id = $3)",
        depot,
        association.id,
        shop.merchant.id,
    )
    carried, _ = await town.rows(
        "insert into app.collections"
        " (from_point, to_point, shop_id, giver_id, association_id, asked_how, status, window_start, window_end)"
        " select p.id, case when p.shop_id = $1 then $3::uuid end, p.shop_id,"
        "  case when p.kind = 'depot' then $2::uuid end, case when p.shop_id = $1 then $2::uuid end, 'member',"
        "  case when p.shop_id = $1 then 'scheduled' else 'requested' end, now(), now() + interval '1 hour'"
        " from app.collection_points p where p.shop_id = $1 or p.id = $3 order by p.shop_id is null returning id",
        shop.id,
        association.id,
        depot,
    )
    await town.changes(
        "insert into app.collection_items (collection_id, title, category, grams, date_kind)"
        " select id, 'Pain', 'bakery', 4000, 'none' from app.collections where shop_id = $1 or giver_id = $2",
        shop.id,
        association.id,
    )
    await town.changes(
        "insert into app.collection_changes (collection_id, at, change)"
        " select id, now(), 'requested' from app.collections where shop_id = $1 or giver_id = $2",
        shop.id,
        association.id,
    )
    await town.changes(
        "with link as (insert into app.collection_links (shop_id, name, token_hash, created_at)"
        "  values ($1, 'Soir', uuid_send($1), now()) returning id)"
        " insert into app.collection_link_uses (link_id, form) select id, id from link",
        shop.id,
    )
    await town.changes(
        "insert into app.collection_habits (shop_id, opens, closes) values ($1, '19:00', '20:00')", shop.id
    )
    await town.changes(
        "insert into app.unsold_lots_asked (lot_id, at) select min(id::text)::uuid, now() from app.lots"
        " where shop_id = $1 having count(*) > 0",
        shop.id,
    )
    await town.changes(
        "with series as (insert into app.recurring_collections"
        "  (shop_id, weekdays, opens, closes, items, first_day, created_at)"
        "  values ($1, '{1}', '19:00', '20:00', '[{}]', '2026-11-30', now()) returning id),"
        " other as (insert into app.recurring_collection_days (series_id, day) select id, '2026-11-30' from series)"
        " insert into app.collection_occurrences (series_id, day) select id, '2026-11-30' from series",
        shop.id,
    )
    await town.changes(
        "insert into app.custody_entries (collection_id, number, kind, source, at, recorded_at, previous, hash)"
        " select id, 1, 'taken', id, now(), now(), sha256(''), sha256('') from app.collections"
        " where shop_id = $1 or giver_id = $2",
        shop.id,
        association.id,
    )
    await town.changes(
        "insert into app.collection_outcomes (collection_id, outcome, grams, day, declared_at)"
        " select id, 'bin', 1, current_date, now() from app.collections where shop_id = $1 or giver_id = $2",
        shop.id,
        association.id,
    )
    await town.changes(
        "insert into app.collected_impact (collection_id, shop_id, association_id, metres, food_grams, meals,"
        " transport_co2e_grams, co2e_grams, value_saved_cents, recorded_at)"
        " select id, $1, $2, 0, 1, 1, 0, 0, 0, now() from app.collections where shop_id = $1",
        shop.id,
        association.id,
    )
    await town.changes(
        "insert into app.collected_categories select collection_id, 'bakery', food_grams, meals, co2e_grams, 0"
        " from app.collected_impact on conflict do nothing"
    )
    paper = await town.value(
        "insert into app.collection_papers"
        " (kind, shop_id, association_id, number, first_day, last_day, value_cents, issued_at, contents)"
        " values ('donation', $1, $2, '2026-0001', current_date, current_date, 1, now(), '{}') returning id",
        shop.id,
        association.id,
    )
    await town.changes("insert into app.donation_numbers values ($1, 2026, 1)", association.id)
    await town.changes("insert into app.donated_collections values ($1, $2)", carried["id"], paper)
    await town.changes(
        "insert into app.custody_heads (collection_id, entries, hash)"
        " select id, 1, sha256('') from app.collections where shop_id = $1 or giver_id = $2",
        shop.id,
        association.id,
    )
    await town.changes(
        "insert into app.collector_profiles"
        " (collector_id, vehicle, most_grams, crates, speed_kmh, latitude, longitude, insee_code)"
        " values ($1, 'van', 500000, 20, 25, 48.58, 7.74, '67482')",
        collector.id,
    )
    tour = await town.value(
        "insert into app.tours"
        " (day, collector_id, association_id, status, planner, begins_at, ends_at, metres, accepted_at)"
        " values (current_date, $1, $2, 'accepted', 'person', now(), now(), 4000, now()) returning id",
        collector.id,
        association.id,
    )
    await town.changes(
        "insert into app.tour_stops (tour_id, number, point_id, arrives_at, leaves_at)"
        " select $1, 1, id, now(), now() from app.collection_points where shop_id = $2",
        tour,
        shop.id,
    )
    await town.changes("insert into app.stop_tasks values ($1, 1, $2, 'take')", tour, carried["id"])
    await town.changes("insert into app.signed_sheets values ($1, now(), 1000, now())", tour)
    await town.changes(
        "insert into app.territories (code, kind, name) values ('FR', 'country', 'France') on conflict do nothing"
    )
    organisation = await town.value(
        "insert into app.organisations (name, kind, siren, territory_code)"
        " values ('Ville de Strasbourg', 'municipality', $1, 'FR') returning id",
        f"{uuid4().int % 10**9:09}",
    )
    client = await town.value(
        "insert into app.api_clients (name, organisation_id, territory_code, scopes, expires_at)"
        " values ('Logiciel social', $1, 'FR', '{beneficiaries:enrol}', now() + interval '1 year') returning id",
        organisation,
    )
    await town.changes(
        "insert into app.api_client_secrets (client_id, prefix, hash)"
        " values ($1, 'eco_1234', sha256(convert_to($1::uuid::text, 'UTF8')))",
        client,
    )
    await town.changes(
        "insert into app.territories (code, kind, name) values ('80829', 'commune', 'Y') on conflict do nothing"
    )
    await town.changes("insert into app.map_changes values ('80828', '2026-01-01', '80829') on conflict do nothing")
    await town.changes(
        "insert into app.zone_shapes values ('80829', '80829', '2026-01-01', null, '{}', '{}', now())"
        " on conflict do nothing"
    )
    await town.changes("insert into app.unmet_days values ('2026-01-01', '80829', 1, 1) on conflict do nothing")
    await town.changes(
        "insert into app.releases (kind, first_day, last_day, at) values ('day', '2026-01-01', '2026-01-01', now())"
        " on conflict do nothing"
    )
    await town.changes(
        "insert into app.released_figures (release_id, code, category, kind, first_day, level, suppressed)"
        " select id, '80829', '', 'day', first_day, 'commune', true from app.releases on conflict do nothing"
    )
    await town.changes("insert into app.mandates (association_id, client_id) values ($1, $2)", association.id, client)
    batch = await town.value(
        "insert into app.partner_batches (client_id, association_id, people) values ($1, $2, 1) returning id",
        client,
        association.id,
    )
    await town.changes(
        "insert into key_vault.partner_people (batch_id, place, lookup, sealed_external, ends)"
        " values ($1, 1, sha256(convert_to($1::uuid::text, 'UTF8')), 'sealed', true)",
        batch,
    )
    await town.changes(
        "insert into key_vault.partner_enrolments"
        " (lookup, association_id, client_id, beneficiary_id, sealed_external, seen_at)"
        " select sha256(convert_to($1::uuid::text, 'UTF8')), $2, $1, b.id, 'sealed', now()"
        " from app.beneficiaries b where b.association_id = $2 limit 1",
        client,
        association.id,
    )
    await _fund(town, organisation, shop)
    await town.changes(
        "insert into app.tour_plans (day, asked_at, effort_seconds) values (current_date, now(), 1)"
        " on conflict do nothing"
    )
    await town.changes(
        "insert into app.tour_steps"
        " (id, tour_id, number, collection_id, kind, at, received_at, by_account, fingerprint)"
        " values ($1, $2, 1, $3, 'arrived', now(), now(), $4, 'x')",
        uuid4(),
        tour,
        carried["id"],
        collector.id,
    )


async def _recurring(town: Town, shop: Shop) -> None:
    """Add a daily recurring listing, and an exception for one day ahead."""
    listing = await town.value(
        "insert into app.recurring_listings (shop_id, title, category, kind, original_price_cents, price_cents,"
        " quantity, weekdays, publish_at, pickup_from, pickup_until, date_kind)"
        " values ($1, 'Panier', 'bakery', 'free', 800, 0, 5, '{1,2,3,4,5,6,7}', '18:00', '18:30', '20:00', 'none')"
        " returning id",
        shop.id,
    )
    await town.changes(
        "insert into app.recurring_days (listing_id, day, quantity) values ($1, current_date + 2, 9)", listing
    )


async def _photos_and_drafts(town: Town, shop: Shop, lots: Iterable[Lot]) -> None:
    """Add a photo for each lot, one that no lot uses yet, and one whose files are not uploaded yet."""
    kept = "insert into app.photos (account_id, status, width, height) values ($1, 'kept', 1600, 1200) returning id"
    for lot in lots:
        photo = await town.value(kept, shop.merchant.id)
        await town.changes("update app.lots set photo_id = $1 where id = $2", photo, lot.id)
    drafted = await town.value(kept, shop.merchant.id)
    await town.changes("insert into app.photos (account_id) values ($1)", shop.merchant.id)
    await town.changes("insert into app.model_calls (shop_id, day, calls) values ($1, current_date, 1)", shop.id)
    await town.changes(
        "insert into app.listing_drafts (shop_id, photo_id, reader, draft, begun_at, drafted_at)"
        " values ($1, $2, 'local', '{}', now(), now())",
        shop.id,
        drafted,
    )


async def _reports(town: Town, lots: Iterable[Lot]) -> None:
    """Report each collected reservation with a photo; its holder has another photo, and one that is being uploaded."""
    for lot in lots:
        (held,) = await town.rows(
            "select id, account_id from app.reservations where lot_id = $1 and status = 'picked_up'", lot.id
        )
        photos = await town.rows(
            "insert into app.photos (account_id, status, width, height, used)"
            " select $1::uuid, status, 1600, 1200, used from (values ('kept', true), ('kept', false)) v (status, used)"
            " union all select $1::uuid, 'coming', null, null, false returning id, used",
            held["account_id"],
        )
        await town.changes(
            "insert into app.problem_reports"
            " (reservation_id, account_id, lot_id, shop_id, kind, words, photo_id, reported_at, answer_by)"
            " values ($1, $2, $3, $4, 'quality', '-', $5, now(), now())",
            held["id"],
            held["account_id"],
            lot.id,
            lot.shop.id,
            next(photo["id"] for photo in photos if photo["used"]),
        )


async def _reserve(api: Connection, lot: Lot, holder: Person) -> tuple[object, object]:
    row = await api.fetchrow(
        "select reservation_id, payment_id from app.reserve($1, $2, 1, $3, '', $4)",
        holder.id,
        lot.id,
        str(uuid4()),
        "".join(c for c in uuid4().hex.upper())[:10],
    )
    assert row is not None
    return row["reservation_id"], row["payment_id"]


async def _write_as_the_api(api: Connection, people: dict[str, Person]) -> None:
    for person in people.values():
        await api.execute(
            "select app.open_session($1, $2, now() + interval '30 days')", person.id, uuid4().bytes + uuid4().bytes
        )
    await api.execute("select app.throttle($1, 5, 60)", uuid4().bytes)
    await api.execute(
        "select app.store_stripe_event($1, 'payment_intent.succeeded', 'pi_1', null, 'pi_1', null, '{}')",
        f"evt_{uuid4().hex}",
    )
    merchant = people["merchant"]
    async with api.transaction():
        claims = json.dumps({"sub": str(merchant.id)})
        await api.execute("select set_config('request.jwt.claims', $1, true)", claims)
        await api.execute("select app.claim_key('a key', '')")


async def _fund(town: Town, organisation: UUID, shop: Shop) -> None:
    """Make a fund with a statement, a grant and a correction."""
    fund = await town.value(
        "insert into app.funds (organisation_id, name, ceiling_cents, left_cents, first_day, last_day, territory_code,"
        " per, rate_cents, created_at) values ($1, 'Paniers', 1000, 1000, current_date, current_date, 'FR', 'portion',"
        " 150, now()) returning id",
        organisation,
    )
    statement = uuid4()
    await town.changes(
        "insert into accounting.fund_statements (id, fund_id, month, granted_cents, granted_so_far_cents,"
        " returned_cents, left_cents, contents, issued_at) values ($1, $2, '2026-11-01', 0, 0, 0, 1000, '{}', now())",
        statement,
        fund,
    )
    await town.changes(
        "insert into accounting.fund_lines values ($1, $2, '73282932000074', 'Boulangerie', 1, 500, 150, false)",
        statement,
        shop.id,
    )
    await town.changes(
        "insert into accounting.grants values (gen_random_uuid(), $1, $2, 1, 500, 150, now())", fund, shop.id
    )
    await town.changes(
        "insert into accounting.grant_corrections (fund_id, shop_id, portions, grams, cents, reason, at)"
        " values ($1, $2, -1, -500, -150, '-', now())",
        fund,
        shop.id,
    )
