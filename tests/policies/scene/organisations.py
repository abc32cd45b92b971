"""Rows of a side of the scene beyond its own: neighbours, hooks, and an organisation with its territory and client."""

from uuid import uuid4

from tests.policies.scene.money import fund
from tests.town import Person, Shop, Town


async def neighbours(town: Town, shop: Shop, association: Person) -> None:
    """Add an association's needs, a shop's leftovers, and invitations and dismissals between neighbours."""
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


async def hooks(town: Town, shop: Shop, association: Person) -> None:
    """Add chat hooks, a webhook endpoint with its secret and a delivery, and a cancellation to tell."""
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


async def an_organisation(town: Town, shop: Shop, association: Person) -> None:
    """Add an organisation with its client, its territory's figures, a mandate, people whom it enrolled, and a fund."""
    await town.changes(
        "insert into app.territories (code, kind, name) values ('FR', 'country', 'France') on conflict do nothing"
    )
    await town.changes("insert into app.territory_names values ('france', 'FR', true, 1) on conflict do nothing")
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
    await fund(town, organisation, shop)
