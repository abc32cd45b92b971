"""The seam between Python and SQL: every database function that the source names exists as it is called."""

import pytest

from backend.database import sessions
from backend.periodic_jobs import DUE
from tests.policies import seam
from tests.policies.seam import Function, Mention
from tests.town import Town

COMPUTED = ["backend/periodic_jobs.py.by_the_clock"]
"""The only place that calls an act by a name from elsewhere: from DUE."""


async def functions_in_the_catalogue(town: Town) -> dict[str, Function]:
    rows = await town.rows("""
        select p.proname, p.proargnames, p.proargmodes::text[] as modes, p.pronargdefaults,
               array(select format_type(t, null)
                     from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality a (t, n) order by n)
                   as types,
               array(select a.attname::text from pg_type t join pg_attribute a on a.attrelid = t.typrelid
                     where t.oid = p.prorettype and t.typrelid <> 0 and a.attnum > 0) as columns
        from pg_proc p where p.pronamespace = 'app'::regnamespace and p.prorettype <> 'trigger'::regtype
    """)
    found = {}
    for row in rows:
        modes = row["modes"] or ["i"] * len(row["types"])
        each = list(zip(row["proargnames"] or (), modes, row["types"], strict=True))
        found[row["proname"]] = Function(
            {name: kind for name, mode, kind in each if mode in "iv"},
            row["pronargdefaults"],
            frozenset([name for name, mode, _ in each if mode in "ot"] + row["columns"]),
        )
    assert len(found) == len(rows), "no two functions have one name"
    return found


def faults(mentions: list[Mention], functions: dict[str, Function]) -> list[str]:
    return [fault for mention in mentions for fault in seam.faults_of(mention, functions)]


def product() -> list[Mention]:
    return [mention for file in seam.source_files("backend", "scripts") for mention in seam.mentions(file)]


async def test_every_act_that_python_names_exists_as_it_is_called(lasting_town: Town) -> None:
    mentions = product()

    assert faults(mentions, await functions_in_the_catalogue(lasting_town)) == []
    assert {"reserve", "pick_up", "lots_near", "decide_shop", "create_admin", "what_was_reserved"} <= {
        mention.act for mention in mentions
    }


async def test_acts_that_the_worker_calls_by_the_clock_exist(lasting_town: Town) -> None:
    mentions = [
        Mention("DUE", act, {name: (type(value),) for name, value in arguments.items()})
        for act, arguments in DUE.items()
    ]
    assert faults(mentions, await functions_in_the_catalogue(lasting_town)) == []


def test_acts_are_called_by_names_that_stand_in_the_source() -> None:
    computed = [mention for mention in product() if mention.act is None]

    assert [mention.where.rpartition(":")[0] for mention in computed] == COMPUTED


def test_most_arguments_have_types_that_the_source_tells() -> None:
    backend = [mention for mention in product() if mention.where.startswith("backend/")]
    given = [types for mention in backend for types in mention.named.values()]

    assert sum(1 for types in given if types) > 0.75 * len(given) > 100


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("await acts.row('reserv', caller=caller)", "there is no function app.reserv"),
        ("await call(session, 'withdraw_lot', lots=lot)", "app.withdraw_lot has no parameter lots"),
        ("await call(session, 'withdraw_lot')", "app.withdraw_lot is not given ['lot']"),
        ("await call(session, 'withdraw_lot', lot=name)", "app.withdraw_lot takes lot as uuid, not as [<class 'str'>]"),
        ("await acts.value('prune', most=maybe)", "app.prune takes most as integer, not as [<class 'float'>]"),
        ("found = await acts.row('claim_key', wanted_key=name, request_hash=b'')\nfound['state']", "['state']"),
        ("connection.execute('select app.prune(1, 2)')", "app.prune is given too many arguments"),
        ("connection.execute('select app.prune(least => 2)')", "app.prune has no parameter least"),
        ("select(func.app.clocks())", "there is no function app.clocks"),
    ],
)
async def test_control_a_wrong_call_is_noticed(lasting_town: Town, source: str, fault: str) -> None:
    lines = "\n    ".join(source.splitlines())
    text = f"async def do(acts, session, lot: UUID, caller: UUID, name: str, maybe: float | None):\n    {lines}\n"
    found = faults(seam.mentions_in(text, "do.py", sessions), await functions_in_the_catalogue(lasting_town))

    assert any(fault in one for one in found), found


async def test_control_the_same_calls_written_right_are_let_through(lasting_town: Town) -> None:
    text = """async def do(acts, session, lot: UUID, name: str):
    await call(session, 'withdraw_lot', lot=lot)
    await acts.value('prune', most=2)
    found = await acts.row('claim_key', wanted_key=name, request_hash=b'')
    found['kept_status']
    connection.execute('select app.prune(most => 2)')
    select(func.app.clock())
"""
    assert faults(seam.mentions_in(text, "do.py", sessions), await functions_in_the_catalogue(lasting_town)) == []
