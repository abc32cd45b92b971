"""What the catalogue says of every table: an index for each foreign key, one policy for each kind of change."""

from tests.town import Town

UNINDEXED = """
    select c.conrelid::regclass || '.' || (
        select string_agg(a.attname, ', ') from pg_attribute a
        where a.attrelid = c.conrelid and a.attnum = any (c.conkey)
    ) as key
    from pg_constraint c
    where c.contype = 'f' and c.connamespace::regnamespace::text in ('app', 'key_vault', 'accounting')
      and not exists (
        select from pg_index i
        where i.indrelid = c.conrelid
          -- An index of all values but null serves, because only a value can name a row.
          and coalesce(pg_get_expr(i.indpred, i.indrelid), '') ~ '^(\\(\\w+ IS NOT NULL\\))?$'
          and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)
    order by 1
"""

# Lots are never deleted, and an index would cost each place in a line a write.
NEVER_DELETED = ["app.waiting.lot_id"]

SHARED_CHANGES = """
    select p.polrelid::regclass || ' ' || r || ' ' || command as change
    from pg_policy p
    cross join unnest(p.polroles) as r
    cross join unnest(case p.polcmd when '*' then array['a', 'w', 'd'] else array[p.polcmd::text] end) as command
    where p.polpermissive and command <> 'r'
    group by p.polrelid, r, command having count(*) > 1
"""


async def test_every_foreign_key_has_an_index(town: Town) -> None:
    assert [row["key"] for row in await town.rows(UNINDEXED)] == NEVER_DELETED


async def test_control_a_foreign_key_without_an_index_is_noticed(town: Town) -> None:
    await town.changes("drop index app.transfers_asked_by_idx")

    assert [row["key"] for row in await town.rows(UNINDEXED)] == sorted([*NEVER_DELETED, "app.transfers.asked_by"])


async def test_no_two_policies_allow_the_same_change(town: Town) -> None:
    assert await town.rows(SHARED_CHANGES) == []
