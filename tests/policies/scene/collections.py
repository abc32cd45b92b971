"""A collection of a side with its custody and papers, and the tour that drives it."""

from uuid import UUID, uuid4

from tests.town import Person, Shop, Town


async def collected(town: Town, shop: Shop, association: Person, collector: Person) -> None:
    """Add a collection in an accepted tour, one that a depot gives and nobody drives, and the collector's profile."""
    depot = await town.value(
        "insert into app.collection_points (kind, association_id, name) values ('depot', $1, 'Dépôt') returning id",
        association.id,
    )
    await town.changes(
        "insert into app.point_reports (point_id, at, percent)"
        " select id, now(), 60 from app.collection_points where id = $1 or association_id = $2 or shop_id in"
        " (select id from app.shops where owner_id = $3)",
        depot,
        association.id,
        shop.merchant.id,
    )
    carried = await _collections(town, shop, association, depot)
    await _custody_and_papers(town, shop, association, carried)
    await _tour(town, shop, association, collector, carried)


async def _collections(town: Town, shop: Shop, association: Person, depot: UUID) -> UUID:
    """Add both collections and how shops ask for them; return the one that is scheduled."""
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
    scheduled: UUID = carried["id"]
    return scheduled


async def _custody_and_papers(town: Town, shop: Shop, association: Person, carried: UUID) -> None:
    """Add the custody of the collections, what became of the food, its impact, and the paper of a donation."""
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
    await town.changes("insert into app.donated_collections values ($1, $2)", carried, paper)
    await town.changes(
        "insert into app.custody_heads (collection_id, entries, hash)"
        " select id, 1, sha256('') from app.collections where shop_id = $1 or giver_id = $2",
        shop.id,
        association.id,
    )


async def _tour(town: Town, shop: Shop, association: Person, collector: Person, carried: UUID) -> None:
    """Add a collector's profile, a tour that drives the scheduled collection, a plan and a step."""
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
    await town.changes("insert into app.stop_tasks values ($1, 1, $2, 'take')", tour, carried)
    await town.changes("insert into app.signed_sheets values ($1, now(), 1000, now())", tour)
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
        carried,
        collector.id,
    )
