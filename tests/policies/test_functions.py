"""Which role may execute which function: `functions.md` is compared with the catalog."""

import pytest

from tests.policies.readable import table_in
from tests.town import Town

ROLES = {"anon": "anon", "authenticated": "authenticated", "api": "ecopanier_api", "worker": "ecopanier_worker"}
FUNCTIONS = table_in("functions.md", "function", "runs as")


async def in_the_catalog(town: Town) -> list[dict[str, str]]:
    rows = await town.rows("""
        select p.proname, p.prosecdef, coalesce(a.granted, '{}') as granted
        from pg_proc p
        left join lateral (select array_agg(x.grantee::regrole::text) as granted
                           from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
                           where x.grantee <> p.proowner) a on true
        where p.pronamespace = 'app'::regnamespace
        order by p.proname
    """)
    return [
        {
            "function": row["proname"],
            "runs as": "definer" if row["prosecdef"] else "caller",
            **{name: "✓" if role in row["granted"] else "·" for name, role in ROLES.items()},
        }
        for row in rows
    ]


async def test_the_execute_grants_match_the_table(lasting_town: Town) -> None:
    assert await in_the_catalog(lasting_town) == FUNCTIONS


async def test_no_function_is_executable_by_public(lasting_town: Town) -> None:
    public = await lasting_town.rows("""
        select p.oid::regprocedure from pg_proc p
        cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
        where p.pronamespace in ('app'::regnamespace, 'jobs'::regnamespace) and a.grantee = 0
    """)
    assert public == []


async def test_definers_belong_to_the_owner_with_a_safe_search_path(lasting_town: Town) -> None:
    strays = await lasting_town.rows("""
        select p.oid::regprocedure from pg_proc p
        where p.pronamespace = 'app'::regnamespace
          and (p.proowner <> 'ecopanier_owner'::regrole
               or p.prosecdef and not p.proconfig && array['search_path=pg_catalog, pg_temp',
                                                           'search_path=jobs, pg_catalog, pg_temp'])
    """)
    assert strays == []


@pytest.mark.parametrize(
    "fault",
    [
        "grant execute on function app.settle_payment to authenticated",
        "grant execute on function app.is_current_beneficiary to public",
        "create function app.back_door() returns int language sql security definer as 'select 1'",
    ],
)
async def test_control_a_wrong_grant_is_noticed(town: Town, fault: str) -> None:
    assert await in_the_catalog(town) == FUNCTIONS
    await town.changes(fault)
    if "public" in fault:
        with pytest.raises(AssertionError):
            await test_no_function_is_executable_by_public(town)
    else:
        with pytest.raises(AssertionError):
            await test_the_execute_grants_match_the_table(town)
