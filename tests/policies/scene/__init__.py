"""Two people of each role, with rows of both in every table, to test who can reach whose rows."""

from dataclasses import dataclass
from uuid import uuid4

from tests.policies.scene.collections import collected
from tests.policies.scene.lots import lots_and_reservations
from tests.policies.scene.money import closed_lot, kept_payments, paid_out, premium
from tests.policies.scene.organisations import an_organisation, hooks, neighbours
from tests.policies.scene.people import account_rows, beneficiary_rows, favourites_and_places, written_by_the_api
from tests.town import Person, Town
from tests.town.databases import API, WORKER

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
        await favourites_and_places(town, liking, (shop.id, closed.id))
    await lots_and_reservations(town, shop, closed, customer, beneficiary)
    await town.an_agreement(association, shop.id, status="confirmed")
    await town.an_agreement(association, shop.id, status="coming")
    await town.an_agreement(association, closed.id, status="confirmed")
    await town.changes(
        "insert into app.setting_changes (name, old, new, changed_by, changed_at)"
        " values ('hold_minutes', 10, 15, $1, now())",
        people["admin"].id,
    )
    async with town.copy.connection(API) as api:
        await written_by_the_api(api, people)
    await beneficiary_rows(town, beneficiary, association, await town.an_association(f"Third {number}"))
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
    await kept_payments(town)
    await neighbours(town, shop, association)
    await hooks(town, shop, association)
    await collected(town, shop, association, people["collector"])
    await paid_out(town, shop, await closed_lot(town, shop))
    await premium(town, shop)
    await town.changes("insert into key_vault.erased_accounts (account_id, erased_at) values ($1, now())", uuid4())
    await town.changes(
        "insert into app.impact_periods (first_month, last_month, handovers, food_grams, meals, co2e_grams,"
        " value_saved_cents, recovered_by_shops_cents, people_helped)"
        " values ('2020-01-01', '2020-01-01', 12, 6000, 12, 10800, 9600, 4000, 11) on conflict do nothing"
    )
    await town.changes(
        "insert into app.platform_days values ('2020-01-01', 5, 3, 2, 800, 1600, 1000, 1800) on conflict do nothing"
    )
    await an_organisation(town, shop, association)
    for person in people.values():
        await account_rows(town, person)
    return people
