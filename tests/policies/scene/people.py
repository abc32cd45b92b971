"""Rows of a side of the scene about people: about every account, about those who search, and about a beneficiary."""

import json
from collections.abc import Iterable
from uuid import UUID, uuid4

from tests.town import Person, Town
from tests.town.databases import Connection


async def account_rows(town: Town, person: Person) -> None:
    """Add a row of each table that keeps something of any account."""
    await town.changes("insert into app.quiet_hours values ($1, '22:00', '07:00', null, now())", person.id)
    await town.changes(
        "insert into app.undelivered_mails (message, account_id, template, first_at, last_at)"
        " values (sha256($2), $1, 'lot_recalled', now(), now())",
        person.id,
        person.id.bytes,
    )
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
        "insert into app.second_factors (account_id, sealed, activated_at, last_step) values ($1, 'sealed', now(), 1)",
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


async def favourites_and_places(town: Town, person: Person, shops: Iterable[UUID]) -> None:
    """Add favourite shops, a saved place with its alert, and a diet."""
    await town.changes(
        "insert into app.favourites (account_id, shop_id, slot)"
        " select $1, x.shop, x.slot from unnest($2::uuid[]) with ordinality as x (shop, slot)",
        person.id,
        list(shops),
    )
    await town.changes("insert into app.saved_places values (default, $1, 1, 'Home', 48.57, 7.75)", person.id)
    await town.changes(
        "insert into app.place_alerts (place_id, account_id, area, radius_m)"
        " select id, account_id, '<(0,0),1>', 500 from app.saved_places where account_id = $1",
        person.id,
    )
    await town.changes("insert into app.diets values ($1, 'sealed')", person.id)
    await town.changes(
        "insert into app.alerts_due select place_id, now(), now() from app.place_alerts where account_id = $1",
        person.id,
    )


async def beneficiary_rows(town: Town, beneficiary: Person, association: Person, third: Person) -> None:
    """Add a sealed address, an import, a transfer to a third association, a reminder and a card."""
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
        third.id,
    )
    await town.changes("insert into app.right_reminders values ($1, '2026-12-31', 30, now())", beneficiary.id)
    await town.changes(
        "insert into app.cards (beneficiary_id, secret_hash) values ($1, sha256($2))",
        beneficiary.id,
        beneficiary.id.bytes,
    )
    await town.changes(
        "insert into app.spent_codes (code) values ('2025-BEN-' || $1)", f"{beneficiary.id.int % 10**5:05d}"
    )


async def written_by_the_api(api: Connection, people: dict[str, Person]) -> None:
    """Add what only the API writes: sessions, a throttle, an event of Stripe and an idempotency key."""
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
