"""What migrating makes of the rows of earlier releases: words, rights, days, stock, kiosks and members."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command

from backend.database.migrate import alembic_config, migrate
from tests.policies.test_migrating import execute, migrate_until
from tests.town.databases import Copy, Databases


def test_migrating_computes_the_words_of_lots_on_offer_anew(databases: Databases) -> None:
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1030")
        with psycopg.connect(copy.url(), autocommit=True) as connection:
            connection.execute("""
                with sophie as (
                    insert into app.accounts (role, display_name) values ('merchant', 'Sophie') returning id
                ), shop as (
                    insert into app.shops (owner_id, name, siret, address, insee_code, latitude, longitude, category)
                    select id, 'Marché', '12345678900005', '1 rue', '67482', 48.57, 7.75, 'bakery' from sophie
                    returning id, place
                )
                insert into app.lots (shop_id, title, category, kind, price_cents, original_price_cents, quantity,
                    remaining, pickup_start, pickup_end, date_kind, status, published_at, place, shelf, category_shelf,
                    words)
                select s.id, n.title, 'bakery', 'free', 0, 800, 5, 5, now(), now() + interval '1 hour', 'none',
                       n.status, now(), s.place, s.place, s.place,
                       to_tsvector('pg_catalog.french', app.without_accents(n.title))
                from shop s, (values ('Tarte à l’ananas', 'published'), ('Œufs… – frais', 'draft'),
                                     ('Pain', 'published')) as n (title, status)
            """)

            migrate(copy.url())

            found = connection.execute("""
                select title from app.lots where words @@ app.search_query('ananas')
                union all select title from app.lots where words @@ app.search_query('oeuf frais')
                union all select title from app.lots where words @@ app.search_query('pains')
            """).fetchall()
            assert found == [("Tarte à l’ananas",), ("Œufs… – frais",), ("Pain",)]


def test_migrating_ends_rights_of_centuries_in_five_years(databases: Databases) -> None:
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1050")
        execute(
            copy,
            """
            insert into app.accounts (id, role, display_name)
            select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'beneficiary', n::text
            from generate_series(1, 3) n;
            insert into app.beneficiaries (id, code, eligible_until)
            values ('00000000-0000-7000-8000-000000000001', '2026-BEN-00001', '9999-12-31'),
                   ('00000000-0000-7000-8000-000000000002', '2026-BEN-00002', 'infinity'),
                   ('00000000-0000-7000-8000-000000000003', '2026-BEN-00003', '2027-06-30');
            """,
        )

        migrate(copy.url())

        with psycopg.connect(copy.url()) as connection:
            ends = connection.execute(
                "select eligible_until - app.last_day_of_rights(now()), eligible_until::text, version"
                " from app.beneficiaries order by code"
            ).fetchall()
            assert [end[0] for end in ends[:2]] == [0, 0]
            assert ends[2][1:] == ("2027-06-30", 1)
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.execute("update app.beneficiaries set eligible_until = '9999-12-31'")


def test_migrating_keeps_accounts_whose_address_was_never_confirmed(databases: Databases) -> None:
    """They confirm it at their next sign-in; what was mailed to them before, with a token for curl, ends."""
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1050")
        execute(
            copy,
            """
            insert into app.accounts (id, role, email, display_name)
            values ('00000000-0000-7000-8000-000000000001', 'customer', 'amina@example.org', 'Amina');
            insert into app.sessions (account_id) values ('00000000-0000-7000-8000-000000000001');
            insert into app.one_time_tokens (token_hash, account_id, purpose, expires_at)
            select sha256(purpose::bytea), '00000000-0000-7000-8000-000000000001', purpose, now() + interval '1 day'
            from unnest(array['verify_email', 'reset_password', 'activate']) purpose;
            """,
        )

        migrate(copy.url())

        with psycopg.connect(copy.url()) as connection:
            kept = connection.execute(
                "select a.email, a.email_verified_at, s.ended_at from app.accounts a join app.sessions s"
                " on s.account_id = a.id"
            ).fetchall()
            tokens = connection.execute("select purpose from app.one_time_tokens order by purpose").fetchall()
        assert kept == [("amina@example.org", None, None)]
        assert tokens == [("activate",), ("reset_password",)]


SHOPS_OVERSEAS = """
insert into app.accounts (id, role, display_name)
values ('00000000-0000-7000-8000-000000000001', 'merchant', 'Sophie'),
       ('00000000-0000-7000-8000-000000000002', 'association', 'Le Relais'),
       ('00000000-0000-7000-8000-000000000003', 'beneficiary', 'Amina');
insert into app.shops (owner_id, name, siret, address, insee_code, latitude, longitude, category)
select '00000000-0000-7000-8000-000000000001', code, '73282932000074', '-', code, 0, 0, 'bakery'
from unnest(array['67482', '98818', '97101']) code;
insert into app.associations (id, name, insee_code)
values ('00000000-0000-7000-8000-000000000002', 'Le Relais', '97411');
insert into app.free_portions (account_id, day, taken)
values ('00000000-0000-7000-8000-000000000003', '2026-06-10', 2);
insert into app.lots (shop_id, title, category, kind, original_price_cents, price_cents, quantity, remaining,
    pickup_start, pickup_end, date_kind, food_date, status, place, shelf, category_shelf, words, published_at)
select s.id, l.title, 'bakery', 'free', 800, 0, 5, 5, l.opens::timestamptz, l.closes::timestamptz, l.date_kind,
       case l.date_kind when 'none' then null else date '2026-06-10' end, l.status, s.place, s.place, s.place, '', now()
from app.shops s cross join (values
    ('good', '2026-06-10 08:00+00', '2026-06-10 12:00+00', 'use_by', 'published'),
    ('long', '2026-06-10 10:00+00', '2026-06-10 20:00+00', 'use_by', 'published'),
    ('late', '2026-06-10 15:00+00', '2026-06-10 20:00+00', 'use_by', 'published'),
    ('over', '2026-06-10 15:00+00', '2026-06-10 20:00+00', 'use_by', 'ended'),
    ('best', '2026-06-10 15:00+00', '2026-06-12 20:00+00', 'best_before', 'published'),
    ('none', '2026-06-10 15:00+00', '2026-06-12 20:00+00', 'none', 'published')
) l (title, opens, closes, date_kind, status);
"""


def test_lots_overseas_get_the_ends_of_their_days(databases: Databases) -> None:
    """Windows that went on after the use-by day of the shop are cut; where nothing is left, the lot is paused."""
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1030")
        execute(copy, f"set session_replication_role = replica; {SHOPS_OVERSEAS}")

        migrate(copy.url())

        with psycopg.connect(copy.url()) as connection:
            connection.execute("set timezone to 'UTC'")
            lots = connection.execute(
                "select s.insee_code, l.title, l.status, to_char(l.pickup_start, 'DD HH24:MI'),"
                " to_char(l.pickup_end, 'DD HH24:MI'), to_char(l.food_date_ends_at, 'DD HH24:MI')"
                " from app.lots l join app.shops s on s.id = l.shop_id"
            ).fetchall()
            kept = connection.execute("select day::text, taken, time_zone from app.free_portions").fetchall()
            [(zone, named)] = connection.execute("select time_zone, time_zone_since from app.associations").fetchall()
        for code, ends in (("67482", "10 22:00"), ("97101", "11 04:00")):
            assert {lot[1:] for lot in lots if lot[0] == code} == {
                ("good", "published", "10 08:00", "10 12:00", ends),
                ("long", "published", "10 10:00", "10 20:00", ends),
                ("late", "published", "10 15:00", "10 20:00", ends),
                ("over", "ended", "10 15:00", "10 20:00", ends),
                ("best", "published", "10 15:00", "12 20:00", ends),
                ("none", "published", "10 15:00", "12 20:00", None),
            }
        assert {lot[1:] for lot in lots if lot[0] == "98818"} == {
            ("good", "published", "10 08:00", "10 12:00", "10 13:00"),
            ("long", "published", "10 10:00", "10 13:00", "10 13:00"),
            ("late", "paused", "10 12:59", "10 13:00", "10 13:00"),
            ("over", "ended", "10 15:00", "10 20:00", "10 13:00"),
            ("best", "published", "10 15:00", "12 20:00", "10 13:00"),
            ("none", "published", "10 15:00", "12 20:00", None),
        }
        assert kept == [("2026-06-10", 2, "Europe/Paris")]
        assert zone == "Indian/Reunion"
        assert named is not None


# What a reservation did in releases whose lots had the column `remaining`.
RESERVE_AS_BEFORE = """
create function public.reserve_as_before() returns void language plpgsql as $$
declare
    lot uuid := (select id from app.lots order by random() limit 1);
begin
    update app.lots l set remaining = l.remaining - 1 where l.id = lot;
    insert into app.reservations (lot_id, account_id, quantity, unit_price_cents, status, hold_until)
    select lot, a.id, 1, 400, 'held', now() + interval '1 hour' from app.accounts a;
end $$;
with sophie as (
    insert into app.accounts (role, display_name) values ('merchant', 'Sophie') returning id
), shop as (
    insert into app.shops (owner_id, name, siret, address, insee_code, latitude, longitude, category)
    select id, 'Marché', '12345678900005', '1 rue', '67482', 48.57, 7.75, 'bakery' from sophie returning id, place
)
insert into app.lots (shop_id, title, category, kind, price_cents, original_price_cents, quantity, remaining,
    pickup_start, pickup_end, date_kind, status, published_at, place, shelf, category_shelf, words)
select s.id, 'Pain', 'bakery', 'discounted', 400, 800, 1000, 1000, now(), now() + interval '1 hour', 'none',
       'published', now(), s.place, s.place, s.place, ''
from shop s, generate_series(1, 50);
"""


@pytest.mark.parametrize("careful", [True, False], ids=["the migration", "control: without its locks"])
def test_reservations_during_the_migration_of_stock_are_not_lost(databases: Databases, careful: bool) -> None:
    """A reservation is either in the new stock, or answered with an error and not made."""
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1350")
        execute(copy, RESERVE_AS_BEFORE)
        made: list[int] = []
        first = threading.Event()

        def reserves() -> None:
            with psycopg.connect(copy.url(), autocommit=True) as hand, suppress(psycopg.errors.UndefinedColumn):
                while True:
                    hand.execute("select public.reserve_as_before()")
                    made.append(1)
                    first.set()

        with ThreadPoolExecutor(4) as hands:
            for _ in range(4):
                hands.submit(reserves)
            assert first.wait(10)
            upgrade_at_once(copy, "2026_11_29_1330", careful=careful)

        wrong = """
            select count(*) from app.lot_stock s
            where s.remaining + (select count(*) from app.reservations r where r.lot_id = s.lot_id) <> s.quantity
        """
        with psycopg.connect(copy.url()) as connection:
            assert connection.execute("select count(*) from app.reservations").fetchone() == (len(made),)
            assert (connection.execute(wrong).fetchone() == (0,)) is careful


def upgrade_at_once(copy: Copy, revision: str, *, careful: bool) -> None:
    """Run the revisions only, not what `migrate` does before them, which would lock all tables."""
    engine = sa.create_engine(sa.make_url(copy.url()).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)

    def without_locks(*details: Any) -> tuple[str, Any]:
        statement: str = details[2]
        for locks, instead in (
            ("lock table app.lots, app.reservations in access exclusive mode;", ""),
            ("add constraint lot_stock_lot_id_fkey foreign key (lot_id) references app.lots,", ""),
            ("alter table app.lots drop", "select pg_sleep(0.3); alter table app.lots drop"),
        ):
            statement = statement.replace(locks, instead)
        return statement, details[3]

    if not careful:
        sa.event.listen(engine, "before_cursor_execute", without_locks, retval=True)
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_migrating_ends_kiosks_of_admins_and_cards_of_former_associations(databases: Databases) -> None:
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1080")
        execute(
            copy,
            """
            insert into app.accounts (id, role, display_name, email)
            select ('00000000-0000-7000-8000-00000000000' || n)::uuid, role, role, email
            from (values (1, 'admin', 'a@example.org'), (2, 'association', 'b@example.org'),
                         (3, 'association', 'c@example.org'), (4, 'beneficiary', null), (5, 'beneficiary', null),
                         (6, 'beneficiary', null)) as x (n, role, email);
            insert into app.associations (id, name, status, siret)
            select id, 'x', 'verified', case email when 'b@example.org' then '73282932000074' else '44306184100047' end
            from app.accounts where role = 'association';
            -- 4 stays with the association 3, 5 came to it with the card of 2, an admin enrolled 6.
            insert into app.beneficiaries (id, code, association_id, eligible_until)
            select a.id, '2026-BEN-0000' || right(a.id::text, 1),
                   case right(a.id::text, 1) when '6' then null else '00000000-0000-7000-8000-000000000003'::uuid end,
                   '2030-01-01'
            from app.accounts a where role = 'beneficiary';
            insert into app.cards (beneficiary_id, secret_hash) select id, sha256(id::text::bytea)
            from app.beneficiaries;
            insert into app.transfers (beneficiary_id, from_association_id, to_association_id, status, asked_by,
                                       asked_at, ended_at)
            values ('00000000-0000-7000-8000-000000000005', '00000000-0000-7000-8000-000000000002',
                    '00000000-0000-7000-8000-000000000003', 'accepted', '00000000-0000-7000-8000-000000000002',
                    now(), now() + interval '1 minute');
            insert into app.kiosks (name, association_id, device_hash, registered_by)
            select a.role, case a.role when 'association' then a.id end, sha256(a.id::text::bytea), a.id
            from app.accounts a where a.role in ('admin', 'association');
            insert into app.sessions (account_id, created_at, kiosk_id, card_id, ends_at)
            select c.beneficiary_id, now(), k.id, c.id, now() + interval '3 minutes'
            from app.cards c, app.kiosks k;
            """,
        )
        migrate(copy.url())
        with psycopg.connect(copy.url()) as connection:
            cards = connection.execute(
                "select right(beneficiary_id::text, 1), status, used from app.cards order by 1"
            ).fetchall()
            kiosks = connection.execute("select name, revoked_at is null from app.kiosks order by id").fetchall()
            running = connection.execute(
                "select right(s.account_id::text, 1), k.name from app.sessions s join app.kiosks k on k.id = s.kiosk_id"
                " where s.ended_at is null"
            ).fetchall()
    assert cards == [("4", "active", True), ("5", "revoked", True), ("6", "revoked", True)]
    assert sorted(kiosks) == [("admin", False), ("association", True), ("association", True)]
    assert running == [("4", "association")] * 2


def test_migrating_makes_owners_members_of_their_shops_and_associations(databases: Databases) -> None:
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1061")
        execute(
            copy,
            """
            insert into app.accounts (id, role, display_name, email)
            select ('00000000-0000-7000-8000-00000000000' || n)::uuid, role, role, n || '@example.org'
            from (values (1, 'merchant'), (2, 'association'), (3, 'association')) as x (n, role);
            insert into app.associations (id, name, status)
            select id, 'x', case id::text when '00000000-0000-7000-8000-000000000003' then 'closed' else 'pending' end
            from app.accounts where role = 'association';
            insert into app.shops (owner_id, name, siret, address, insee_code, latitude, longitude, category)
            values ('00000000-0000-7000-8000-000000000001', 'x', '73282932000074', 'x', '67482', 48.58, 7.75, 'bakery');
            """,
        )
        migrate(copy.url())
        with psycopg.connect(copy.url()) as connection:
            members = connection.execute(
                "select right(account_id::text, 1), role, shop_id is not null from app.members order by 1"
            ).fetchall()
            owners = connection.execute("select right(owner_id::text, 1) from app.associations order by 1").fetchall()

    assert members == [("1", "owner", True), ("2", "owner", False)]
    assert owners == [("2",), ("3",)]


def test_migrating_turns_the_programs_sentences_into_codes(databases: Databases) -> None:
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_2310")
        with psycopg.connect(copy.url(), autocommit=True) as connection:
            connection.execute("""
                with shop as (
                    insert into app.accounts (role, display_name) values ('merchant', 'Sophie') returning id
                ), made as (
                    insert into app.shops (owner_id, name, siret, address, insee_code, latitude, longitude, category)
                    select id, 'Marché', '12345678900005', '1 rue', '67482', 48.57, 7.75, 'bakery' from shop
                    returning id
                ), point as (
                    insert into app.collection_points (kind, name, shop_id) select 'shop', 'Marché', id from made
                    returning id, shop_id
                ), asked as (
                    insert into app.collections
                        (from_point, shop_id, asked_how, status, window_start, window_end, reason)
                    select p.id, p.shop_id, 'member', n.status, now(), now() + interval '1 hour', n.reason
                    from point p, (values ('cancelled', 'Personne n''est passé dans le créneau.'),
                                          ('cancelled', 'Tout est vendu.'), ('failed', 'missing'),
                                          ('refused', 'closed')) as n (status, reason)
                    returning id, status, reason
                )
                insert into app.collection_changes (collection_id, at, change, details)
                select id, now(), status, jsonb_build_object('by', 'program', 'reason', reason) from asked
            """)

            migrate(copy.url())

            found = connection.execute("""
                select c.status, c.reason, c.reason_code, h.details - 'by'
                from app.collections c join app.collection_changes h on h.collection_id = c.id
                order by c.status, c.reason_code
            """).fetchall()
            assert found == [
                ("cancelled", None, "nobody_came", {"reason_code": "nobody_came"}),
                ("cancelled", "Tout est vendu.", None, {"reason": "Tout est vendu."}),
                ("failed", None, "missing", {"reason_code": "missing"}),
                ("refused", "closed", None, {"reason": "closed"}),
            ]
