"""Fill the measured databases by fast SQL: a square of 100 km with shops, lots and beneficiaries.

Triggers and foreign keys are off meanwhile (`session_replication_role = replica`); the values that triggers would
compute are computed here by the same functions. Ids are numbers in the form of a UUID, because pgbench knows only
numbers and must use the same rows as the HTTP client.
"""

from uuid import UUID

import psycopg

# Degrees: about 100 km by 100 km around Strasbourg.
SOUTH, NORTH = 48.12, 49.02
WEST, EAST = 7.07, 8.43
MARGIN = 0.1  # searches keep this distance from the edges, so that each circle is full of lots

RARE_CATEGORY = "frozen"  # one lot in a hundred
MERCHANT = 0  # the account that owns every shop

_LETTERS = {"account": "a", "shop": "b", "lot": "c", "reservation": "d"}

# The planner inlines these functions, so that a call costs no more than its body. Real passes may have such codes too:
# their alphabet contains the hexadecimal digits.
NUMBERED = """
create function public.numbered(kind text, number bigint) returns uuid language sql immutable as $$
    select ('019a000' || case kind when 'account' then 'a' when 'shop' then 'b' when 'lot' then 'c' else 'd' end
            || '-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid
$$;
create function public.code(number bigint) returns text language sql immutable as $$
    select lpad(upper(to_hex(number)), 10, '0')
$$;
grant usage on schema public to ecopanier_api;
"""

# Removes limits of the product that a measurement would reach within seconds.
WITHOUT_LIMITS = """
alter table app.lots drop constraint lots_quantity_check;
alter table app.lots add constraint lots_quantity_check check (quantity between 1 and 1000000000);
update app.settings set maximum = 1000000000, value = 1000000000
where name in ('free_portions_per_day', 'model_drafts_per_shop_and_day');
"""

MERCHANT_ACCOUNT = """
insert into app.accounts (id, role, display_name) values (public.numbered('account', 0), 'merchant', 'M')
"""

MERCHANTS = """
insert into app.accounts (id, role, display_name)
select public.numbered('account', n), 'merchant', 'M' from generate_series(1, %(count)s) n
"""

OWNERS = """
update app.shops set owner_id = public.numbered('account', mod(n, %(count)s) + 1)
from generate_series(1, %(shops)s) n where id = public.numbered('shop', n)
"""

BENEFICIARIES = """
with accounts as (
    insert into app.accounts (id, role, display_name)
    select public.numbered('account', n), 'beneficiary', 'B' from generate_series(1, %(count)s) n)
insert into app.beneficiaries (id, code, status, eligible_until)
select public.numbered('account', n), '2026-BEN-' || lpad(n::text, 5, '0'), 'verified', current_date + 300
from generate_series(1, %(count)s) n
"""

SHOPS = """
insert into app.shops (
    id, owner_id, name, siret, address, insee_code, latitude, longitude, category, status)
select public.numbered('shop', n), public.numbered('account', 0), 'Boulangerie du Marché ' || n,
       lpad(n::text, 14, '0'), n || ' rue du Marché, 67000 Strasbourg', '67482',
       %(south)s + random() * (%(north)s - %(south)s), %(west)s + random() * (%(east)s - %(west)s), 'bakery', 'verified'
from generate_series(1, %(count)s) n
"""

# Open for hours; half of them have a use-by date, and one in a hundred is in the rare category.
LOTS = """
with titles as materialized (
    select t, title, description,
           to_tsvector('pg_catalog.french', app.search_text(title || ' ' || description)) as words
    from (select t, (array['Panier du soir', 'Pains et viennoiseries', 'Fruits de saison', 'Plats du jour',
                           'Fromages affinés', 'Légumes variés', 'Desserts maison'])[mod(t, 7) + 1] || ' n° ' || t,
                 'Invendus du jour, à emporter dans votre sac. Préparé ce matin par nos soins.'
          from generate_series(0, 99) t) named (t, title, description))
insert into app.lots (
    id, shop_id, title, description, category, kind, original_price_cents, price_cents, quantity,
    pickup_start, pickup_end, date_kind, food_date, food_date_ends_at, allergens, cold_chain, weight_grams, co2e_grams,
    status, place, shelf, category_shelf, words, published_at)
select public.numbered('lot', n), s.id, t.title, t.description, c.category, %(kind)s, 1200,
       case %(kind)s when 'free' then 0 else 400 end, %(portions)s,
       now() - interval '1 hour', now() + interval '8 hours' + mod(n, 600) * interval '1 minute',
       case mod(n, 2) when 0 then 'use_by' else 'none' end, case mod(n, 2) when 0 then current_date + 3 end,
       case mod(n, 2) when 0 then app.end_of_day(current_date + 3, 'Europe/Paris') end,
       array['gluten', 'milk'], false, 800, 1440, 'published', s.place, app.on_shelf(s.place, %(kind)s, 0),
       app.on_shelf(s.place, %(kind)s, app.category_number(c.category)), t.words, now()
from generate_series(%(first)s, %(last)s) n
join titles t on t.t = mod(n, 100)
join app.shops s on s.id = public.numbered('shop', mod(n, %(shops)s) + 1)
cross join lateral (
    select case mod(n, 100) when 0 then %(rare)s else (array['fruits_vegetables', 'bakery', 'pastry', 'dairy', 'cheese',
        'grocery', 'prepared_meals', 'caterer'])[mod(n, 8) + 1] end) c (category)
"""

# Triggers do not fire while the world is filled.
STOCK = """
insert into app.lot_stock (lot_id, quantity, remaining, shelf, category_shelf, pickup_end, best_before_ends, published)
select l.id, %(portions)s, case mod(n, 10) when %(sold_out)s then 0 else %(portions)s end, s.*
from generate_series(%(first)s, %(last)s) n
join app.lots l on l.id = public.numbered('lot', n) cross join app.on_shelves(l) s
order by n
"""

RESERVATIONS = """
with reservations as (
    insert into app.reservations (id, lot_id, account_id, quantity, unit_price_cents, status, quota_day, confirmed_at)
    select public.numbered('reservation', n), public.numbered('lot', mod(n, %(lots)s) + 1),
           public.numbered('account', mod(n, %(accounts)s) + 1), 1, 0, 'confirmed', current_date, now()
    from generate_series(1, %(count)s) n)
insert into app.passes (reservation_id, code)
select public.numbered('reservation', n), public.code(n) from generate_series(1, %(count)s) n
"""

# Reservations that were handed over in earlier weeks. Without them the tables would be empty when they are analysed,
# and plans made then, such as those of foreign-key checks, would scan all rows that a measurement writes.
HISTORY = """
with past as materialized (
    select public.numbered('reservation', n) as id, public.numbered('lot', mod(n, %(lots)s) + 1) as lot,
           public.numbered('account', mod(n, %(accounts)s) + 1) as account, public.code(n) as code,
           current_date - 7 - n / %(accounts)s as day
    from generate_series(0, %(count)s - 1) n),
reservations as (
    insert into app.reservations
        (id, lot_id, account_id, quantity, unit_price_cents, status, quota_day, created_at, confirmed_at, ended_at)
    select id, lot, account, 1, 0, 'picked_up', day, day, day, day from past),
passes as (insert into app.passes (reservation_id, code) select id, code from past),
quotas as (insert into app.free_portions (account_id, day, taken) select account, day, 1 from past)
insert into app.idempotency_keys (scope, key, fingerprint, reservation_id, status, body, busy_until)
select account, code, sha256(code::bytea), id, 201, repeat('x', 400), day from past
"""

# The triggers would have counted them.
COUNTS = """
with counted as (
    select a.role as kind, a.status, app.paris_day(a.created_at) as came_on, count(*) as n
    from app.accounts a where a.erased_at is null group by 1, 2, 3
    union all
    select 'shop', s.status, app.paris_day(s.created_at), count(*) from app.shops s group by 1, 2, 3
), gone as (delete from app.standing_counts)
insert into app.standing_counts (kind, status, came_on, change) select kind, status, came_on, n from counted
"""

# All indexes except the primary key. Creating them at the end is many times faster than updating them row by row.
INDEXES_OF_LOTS = """
select indexname, indexdef from pg_indexes where schemaname = 'app' and tablename = 'lots' and indexname <> 'lots_pkey'
"""


def numbered(kind: str, number: int) -> UUID:
    """Return the id of a row by its kind and number, as `public.numbered` does."""
    return UUID(f"019a000{_LETTERS[kind]}-0000-7000-8000-{number:012x}")


class World:
    """Fills a migrated database over a superuser's connection. Nothing is committed before `done`."""

    def __init__(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        self._connection = connection
        self._run(NUMBERED)
        self._run(WITHOUT_LIMITS)
        self._run("set session_replication_role = replica")
        self._run(MERCHANT_ACCOUNT)
        indexes = connection.execute(INDEXES_OF_LOTS).fetchall()
        self._indexes = [str(definition) for _, definition in indexes]
        for name, _ in indexes:
            self._run(f"drop index app.{name}")

    def beneficiaries(self, count: int) -> None:
        """Add accounts 1 to `count`: verified beneficiaries with a current right."""
        self._run(BENEFICIARIES, count=count)

    def shops(self, count: int) -> None:
        """Add shops 1 to `count`, verified, at random places in the square."""
        self._run(SHOPS, count=count, south=SOUTH, north=NORTH, west=WEST, east=EAST)

    def merchants(self, count: int, *, shops: int) -> None:
        """Add accounts 1 to `count`, merchants who share shops 1 to `shops`; before, one merchant owns all of them."""
        self._run(MERCHANTS, count=count)
        self._run(OWNERS, count=count, shops=shops)

    def free_lots(self, count: int, *, shops: int) -> None:
        """Add published free lots 1 to `count` that never sell out."""
        self._lots(1, count, kind="free", portions=1_000_000_000, sold_out=-1, shops=shops)

    def discounted_lots(self, count: int, *, shops: int, first: int = 1) -> None:
        """Add `count` published lots with a few portions, from number `first` on; one in ten is sold out."""
        self._lots(first, count, kind="discounted", portions=5, sold_out=3, shops=shops)

    def reservations(self, count: int, *, lots: int, accounts: int) -> None:
        """Add confirmed reservations 1 to `count` of lots 1 to `lots`; each pass's code is the reservation's number."""
        self._run(RESERVATIONS, count=count, lots=lots, accounts=accounts)

    def history(self, count: int, *, lots: int, accounts: int) -> None:
        """Add this many portions of lots 1 to `lots` that were handed over in earlier weeks."""
        self._run(HISTORY, count=count, lots=lots, accounts=accounts)

    def done(self) -> None:
        """Commit, then vacuum and analyse, so that the tables look like those of a database in use."""
        for index in self._indexes:
            self._run(index)
        self._run("set session_replication_role = origin")
        self._run("select app.make_cards()")
        self._run(COUNTS)
        self._connection.commit()
        self._connection.autocommit = True
        self._run("vacuum (analyze)")

    def _lots(self, first: int, count: int, *, kind: str, portions: int, sold_out: int, shops: int) -> None:
        values = {"kind": kind, "portions": portions, "sold_out": sold_out, "shops": shops, "rare": RARE_CATEGORY}
        self._run(LOTS, first=first, last=first + count - 1, **values)
        self._run(STOCK, first=first, last=first + count - 1, portions=portions, sold_out=sold_out)

    def _run(self, statement: str, **values: object) -> None:
        # The driver writes the values into the text (ClientCursor), so that numbers have no fixed integer type.
        with psycopg.ClientCursor(self._connection) as cursor:
            cursor.execute(statement.encode(), values or None)
