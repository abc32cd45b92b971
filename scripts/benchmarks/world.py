"""What the measured databases hold, written by fast SQL: a square of 100 km with shops, lots and beneficiaries.

Triggers and foreign keys are off while it is written (`session_replication_role = replica`); what a trigger would have
computed is computed here by the same functions. Ids are numbers in the form of a UUID, so that pgbench, which knows
numbers only, and the HTTP client name the same rows.
"""

from uuid import UUID

import psycopg

# Degrees: about 100 km by 100 km around Strasbourg.
SOUTH, NORTH = 48.12, 49.02
WEST, EAST = 7.07, 8.43
MARGIN = 0.1  # searches stay so far inside, so that each finds a full circle

RARE_CATEGORY = "frozen"  # one lot in a hundred
MERCHANT = 0  # the account that owns every shop

_LETTERS = {"account": "a", "shop": "b", "lot": "c", "reservation": "d"}

# Planned away: a call costs what its body costs. Codes are hexadecimal digits, which codes are made of among others.
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

# Bounds of the product that a measurement would reach within seconds.
WITHOUT_END = """
alter table app.lots drop constraint lots_quantity_check;
alter table app.lots add constraint lots_quantity_check check (quantity between 1 and 1000000000);
update app.settings set maximum = 1000000000, value = 1000000000
where name in ('free_portions_per_day', 'model_drafts_per_shop_and_day');
"""

MERCHANT_ACCOUNT = """
insert into app.accounts (id, role, display_name) values (public.numbered('account', 0), 'merchant', 'M')
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

# Open for hours yet, half of them with a use-by date; one in a hundred in the rare category.
LOTS = """
with titles as materialized (
    select t, title, description,
           to_tsvector('pg_catalog.french', app.search_text(title || ' ' || description)) as words
    from (select t, (array['Panier du soir', 'Pains et viennoiseries', 'Fruits de saison', 'Plats du jour',
                           'Fromages affinés', 'Légumes variés', 'Desserts maison'])[mod(t, 7) + 1] || ' n° ' || t,
                 'Invendus du jour, à emporter dans votre sac. Préparé ce matin par nos soins.'
          from generate_series(0, 99) t) named (t, title, description))
insert into app.lots (
    id, shop_id, title, description, category, kind, original_price_cents, price_cents, quantity, remaining,
    pickup_start, pickup_end, date_kind, food_date, allergens, cold_chain, weight_grams, status, place, shelf,
    category_shelf, words, published_at)
select public.numbered('lot', n), s.id, t.title, t.description, c.category, %(kind)s, 1200,
       case %(kind)s when 'free' then 0 else 400 end, %(portions)s,
       case mod(n, 10) when %(sold_out)s then 0 else %(portions)s end,
       now() - interval '1 hour', now() + interval '8 hours' + mod(n, 600) * interval '1 minute',
       case mod(n, 2) when 0 then 'use_by' else 'none' end, case mod(n, 2) when 0 then current_date + 3 end,
       array['gluten', 'milk'], false, 800, 'published', s.place, app.on_shelf(s.place, %(kind)s, 0),
       app.on_shelf(s.place, %(kind)s, app.category_number(c.category)), t.words, now()
from generate_series(%(first)s, %(last)s) n
join titles t on t.t = mod(n, 100)
join app.shops s on s.id = public.numbered('shop', mod(n, %(shops)s) + 1)
cross join lateral (
    select case mod(n, 100) when 0 then %(rare)s else (array['fruits_vegetables', 'bakery', 'pastry', 'dairy', 'cheese',
        'grocery', 'prepared_meals', 'caterer'])[mod(n, 8) + 1] end) c (category)
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

# What was reserved and handed over last week. Without it the tables would be empty when they are analysed, and what is
# planned then (the checks of foreign keys among it) would walk through all that a measurement writes within seconds.
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

# All but the primary key: made anew at the end, many times faster than kept up to date row by row.
INDEXES_OF_LOTS = """
select indexname, indexdef from pg_indexes where schemaname = 'app' and tablename = 'lots' and indexname <> 'lots_pkey'
"""


def numbered(kind: str, number: int) -> UUID:
    """The id of the row of that kind and number, as `public.numbered` makes it."""
    return UUID(f"019a000{_LETTERS[kind]}-0000-7000-8000-{number:012x}")


class World:
    """Fills one migrated database. Give it a superuser's connection; nothing is committed before `done`."""

    def __init__(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        self._connection = connection
        self._run(NUMBERED)
        self._run(WITHOUT_END)
        self._run("set session_replication_role = replica")
        self._run(MERCHANT_ACCOUNT)
        indexes = connection.execute(INDEXES_OF_LOTS).fetchall()
        self._indexes = [str(definition) for _, definition in indexes]
        for name, _ in indexes:
            self._run(f"drop index app.{name}")

    def beneficiaries(self, count: int) -> None:
        """Accounts 1 to `count`, verified and current."""
        self._run(BENEFICIARIES, count=count)

    def shops(self, count: int) -> None:
        """Shops 1 to `count`, verified, anywhere in the square."""
        self._run(SHOPS, count=count, south=SOUTH, north=NORTH, west=WEST, east=EAST)

    def free_lots(self, count: int, *, shops: int) -> None:
        """Published lots 1 to `count` with portions without end, for nothing."""
        self._lots(1, count, kind="free", portions=1_000_000_000, sold_out=-1, shops=shops)

    def discounted_lots(self, count: int, *, shops: int, first: int = 1) -> None:
        """Published lots `first` and so on, of a few portions; one in ten is sold out."""
        self._lots(first, count, kind="discounted", portions=5, sold_out=3, shops=shops)

    def reservations(self, count: int, *, lots: int, accounts: int) -> None:
        """Confirmed reservations 1 to `count` of lots 1 to `lots`, with the pass whose code is their number."""
        self._run(RESERVATIONS, count=count, lots=lots, accounts=accounts)

    def history(self, count: int, *, lots: int, accounts: int) -> None:
        """That many portions of lots 1 to `lots`, reserved and handed over in the weeks before."""
        self._run(HISTORY, count=count, lots=lots, accounts=accounts)

    def done(self) -> None:
        """Commit, and leave the tables as a database that has been running for a while has them."""
        for index in self._indexes:
            self._run(index)
        self._run("set session_replication_role = origin")
        self._connection.commit()
        self._connection.autocommit = True
        self._run("vacuum (analyze)")

    def _lots(self, first: int, count: int, *, kind: str, portions: int, sold_out: int, shops: int) -> None:
        values = {"kind": kind, "portions": portions, "sold_out": sold_out, "shops": shops, "rare": RARE_CATEGORY}
        self._run(LOTS, first=first, last=first + count - 1, **values)

    def _run(self, statement: str, **values: object) -> None:
        # Placed into the text by the driver (ClientCursor), so that a number is a number of any size.
        with psycopg.ClientCursor(self._connection) as cursor:
            cursor.execute(statement.encode(), values or None)
