"""No admin gets a session of somebody else or reads a name, whichever two acts they and their puppets combine.

There are some 45 000 pairs of calls. Each run of the suite makes every call that may come first, and after each of them
another random part of those that may come second. `./scripts/prove tests` makes all pairs.
"""

import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from tests.journeys.test_kiosk import OTHER_PATH_VALUES
from tests.journeys.test_strangers import example_of
from tests.races.test_counter import rewrite_function
from tests.town import Association, Person, Town
from tests.town.databases import API, Connection, become

KNOWN = b"a secret that the admin knows..."
CANARY = "Zénobie-Canari"
MOST_CALLS_OF_AN_ACT = 12
# Of the acts that may come second, every twelfth is tried after one first call, others after the next.
PARTS = 12


@dataclass(frozen=True)
class Act:
    """A function that a signed-in person may execute, with its parameters and their types."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    returns: str
    reads: bool

    def statement(self) -> str:
        values = (f"{name} => ${n}::{kind}" for n, (name, kind) in enumerate(self.parameters, 1))
        return f"select app.{self.name}({', '.join(values)})"


@dataclass(frozen=True)
class Call:
    """An act with its arguments, as one of the accounts that the admin controls."""

    who: str
    act: Act
    arguments: tuple[Any, ...]


async def acts_of_signed_in_people(town: Town) -> list[Act]:
    rows = await town.rows("""
        select p.proname, p.provolatile, p.prorettype::regtype::text as returns,
               coalesce(array_agg(a.name order by a.place) filter (where a.place <= p.pronargs), '{}') as names,
               coalesce(array_agg(a.kind::regtype::text order by a.place) filter (where a.place <= p.pronargs), '{}')
                   as kinds
        from pg_proc p
        left join lateral unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[]) with ordinality
            as a (name, kind, place) on true
        where p.pronamespace = 'app'::regnamespace and p.prorettype <> 'trigger'::regtype
          and has_function_privilege('authenticated', p.oid, 'execute')
        group by p.oid order by p.proname
    """)
    return [
        Act(
            row["proname"],
            tuple(zip(row["names"], row["kinds"], strict=True)),
            row["returns"],
            row["provolatile"] != b"v",
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Cast:
    """The people of a walk: an admin, the association that the admin has verified for it, and their victims."""

    admin: Person
    puppet: Association
    victims: tuple[UUID, ...]

    def account(self, who: str) -> UUID:
        return self.admin.id if who == "admin" else self.puppet.id


def candidates(cast: Cast, name: str, kind: str, made: Iterable[UUID]) -> list[Any]:
    """Return the values that a hostile admin would give a parameter. made: ids that earlier acts returned."""
    by_name: Mapping[str, list[Any]] = {
        "how": ["accepted"],
        "verdict": ["verified"],
        "new_status": ["verified"],
        "why": ["read"],
        "receiver": [cast.puppet.id],
        "association": [cast.puppet.id],
        "transfer": list(made) or [uuid4()],
        "kiosk": list(made) or [uuid4()],
        "wanted": [list(cast.victims)],
    }
    by_kind: Mapping[str, list[Any]] = {
        "uuid": [*cast.victims, *made],
        "uuid[]": [[victim] for victim in cast.victims],
        "bytea": [KNOWN],
        "bytea[]": [[KNOWN]],
        "text": ["x"],
        "text[]": [["x"]],
        "integer": [1],
        "integer[]": [[1]],
        "bigint": [1],
        "boolean": [True],
        "date": [date(2030, 1, 1)],
        "date[]": [[date(2030, 1, 1)]],
        "timestamp with time zone": [datetime(2030, 1, 1, tzinfo=UTC)],
        "json": ["{}"],
        "jsonb": ["{}"],
        "double precision": [1.0],
        "point": [asyncpg.Point(1, 1)],
    }
    if name in by_name and kind in ("uuid", "uuid[]", "text"):
        return by_name[name]
    return by_kind[kind] if kind in by_kind else [None]


def calls(cast: Cast, acts: Iterable[Act], made: Iterable[UUID] = ()) -> Iterable[Call]:
    for act, who in itertools.product(acts, ("admin", "puppet")):
        values = (candidates(cast, name, kind, made) for name, kind in act.parameters)
        for arguments in itertools.islice(itertools.product(*values), MOST_CALLS_OF_AN_ACT):
            yield Call(who, act, arguments)


@asynccontextmanager
async def undone(connection: Connection) -> AsyncIterator[None]:
    attempt = connection.transaction()
    await attempt.start()
    try:
        yield
    finally:
        await attempt.rollback()


async def make(connection: Connection, cast: Cast, call: Call) -> tuple[bool, list[UUID]]:
    """Make a call; return whether it was let through, and the id that it returned. A refusal changes nothing."""
    await become(connection, cast.account(call.who))
    try:
        async with connection.transaction():
            answer = await connection.fetchval(call.act.statement(), *call.arguments)
    except asyncpg.PostgresError:
        return False, []
    return True, [answer] if isinstance(answer, UUID) else []


async def reached(connection: Connection, cast: Cast) -> set[str]:
    """Return what the admin has of the victims now: `name`, `session`, or nothing."""
    found = set()
    victims = list(cast.victims)
    for who in ("admin", "puppet"):
        await become(connection, cast.account(who))
        opened = "select count(*) from app.open_persons($1, 'read')"
        seen = "select count(*) from app.beneficiary_persons where beneficiary_id = any ($1)"
        if await connection.fetchval(opened, victims) + await connection.fetchval(seen, victims):
            found.add("name")
    await connection.execute("select set_config('role', 'none', true)")
    async with undone(connection):
        try:
            async with connection.transaction():
                signed_in = await connection.fetchval(
                    "select account_id from app.sign_in_with_card($1, $1, $1, $1, null)", KNOWN
                )
        except asyncpg.PostgresError:
            signed_in = None
        if signed_in in victims:
            found.add("session")
    async with undone(connection):
        try:
            async with connection.transaction():
                activated = await connection.fetchval("select account from app.key_for_activation($1)", KNOWN)
        except asyncpg.PostgresError:
            activated = None
        if activated in victims:
            found.add("session")
    return found


async def walk(
    town: Town, *begins_with: str, ends_with: Sequence[str] = (), parts: int = 1, seed: int = 0
) -> dict[tuple[str, ...], set[str]]:
    """Make pairs of acts, each pair on its own; return the pairs after which the admin has something.

    begins_with, ends_with: the acts that may come first or second in a pair; none means all. parts: after each first
    call, only one of so many parts of the second acts is tried, and after the next call another; the seed parts them.
    """
    relais, other_admin = await town.an_association("Le Relais"), await town.an_admin("Ada")
    theirs = await town.a_beneficiary(association=relais)
    by_another_admin = await town.a_beneficiary("Boris")
    assert other_admin.id != relais.id
    cast = Cast(await town.an_admin(), await town.an_association("Façade"), (theirs.id, by_another_admin.id))
    acts = await acts_of_signed_in_people(town)
    found: dict[tuple[str, ...], set[str]] = {}
    firsts, seconds = 0, Counter[str]()
    async with town.copy.connection(API) as connection, undone(connection):
        writes = [act for act in acts if not act.reads]
        assert len(writes) > 40
        beginning = [act for act in writes if not begins_with or act.name in begins_with]
        ending = [act for act in writes if not ends_with or act.name in ends_with]
        random.Random(seed).shuffle(ending)  # noqa: S311 - no secret
        for first in calls(cast, beginning):
            async with undone(connection):
                let_through, made = await make(connection, cast, first)
                if not let_through:
                    continue
                if got := await reached(connection, cast):
                    found[(f"{first.who}: {first.act.name}",)] = got
                    continue
                for second in calls(cast, ending[firsts % parts :: parts], made):
                    async with undone(connection):
                        let_through, _ = await make(connection, cast, second)
                        seconds[second.act.name] += 1
                        if let_through and (got := await reached(connection, cast)):
                            found[f"{first.who}: {first.act.name}", f"{second.who}: {second.act.name}"] = got
                firsts += 1
    assert seconds.keys() == {act.name for act in ending}
    assert ends_with or seconds.total() > 2000
    return found


async def test_no_two_acts_of_an_admin_end_in_a_session_or_a_name(town: Town, at_length: bool) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 (to repeat it)

    assert await walk(town, parts=1 if at_length else PARTS, seed=seed) == {}


async def test_control_the_walk_finds_the_detours_of_former_rules(town: Town) -> None:
    # An admin prints cards for anybody, and any kiosk takes them.
    await rewrite_function(town, "issue_cards", "if not exists (", "if app.caller_role() <> 'admin' and not exists (")
    await rewrite_function(town, "sign_in_with_card", "and b.association_id = kiosk.association_id", "")
    # An admin makes activation tokens for whom another admin enrolled.
    await rewrite_function(town, "renew_activation", "if coalesce(", "if own.association_id is not null and coalesce(")
    # An admin's transfer needs nobody else.
    await rewrite_function(town, "end_transfer", "if may is not true then", "if may is not true and not is_admin then")
    await rewrite_function(town, "end_transfer", "asked.asked_by = app.caller()", "false")

    begins_with = ("renew_activation", "issue_cards", "register_kiosk", "ask_transfer")
    found = await walk(town, *begins_with, ends_with=("issue_cards", "register_kiosk", "end_transfer"))

    assert found[("admin: renew_activation",)] == {"session"}
    assert found["admin: issue_cards", "puppet: register_kiosk"] == {"session"}
    assert found["puppet: register_kiosk", "admin: issue_cards"] == {"session"}
    assert found["admin: ask_transfer", "admin: end_transfer"] == {"name"}


def with_ids(body: Any, ids: Mapping[str, Any]) -> Any:
    if not isinstance(body, dict):
        return body
    return {name: ids.get(name, with_ids(value, ids)) for name, value in body.items()}


async def names_on_routes(town: Town, *prefixes: str) -> tuple[set[str], int]:
    """Call every route below these paths as the admin and as the puppet, twice in a row.

    Returns those that answered with the name, and how many answered with success.
    """
    relais, admin, puppet = (
        await town.an_association("Le Relais"),
        await town.an_admin(),
        await town.an_association("Façade"),
    )
    enrolled = await relais.enrols(first_name=CANARY)
    description = (await town.request("GET", "/openapi.json")).json()
    told, answered = set(), 0
    for _, person in itertools.product(range(2), (admin, puppet)):
        token = await town.token_for(person.id)
        for path, methods in description["paths"].items():
            if not path.startswith(prefixes):
                continue
            for method, operation in methods.items():
                if method == "delete" or path.endswith("/suspend"):
                    continue
                latest = await town.value("select id from app.transfers order by id desc limit 1")
                ids: dict[str, Any] = {
                    "beneficiary_id": enrolled["id"],
                    "beneficiary_ids": [enrolled["id"]],
                    "association_id": str(puppet.id),
                    "account_id": enrolled["id"],
                    "transfer_id": latest or uuid4(),
                    **OTHER_PATH_VALUES,
                }
                names = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"]
                content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
                answer = await person.town.request(
                    method.upper(),
                    path.format(**{name: ids.get(name, uuid4()) for name in names}),
                    json=with_ids(example_of(content, description), ids) if content else None,
                    headers={"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())},
                )
                answered += answer.is_success
                if CANARY in answer.text or enrolled["activation_token"] in answer.text:
                    told.add(f"{person.name}: {method} {path}")
    return told, answered


async def test_no_route_tells_an_admin_or_their_puppet_a_name(town: Town) -> None:
    told, answered = await names_on_routes(town, "/")

    assert answered > 40
    assert told == set()


async def test_control_a_route_tells_a_name_if_admins_end_their_own_transfers(town: Town) -> None:
    await rewrite_function(town, "end_transfer", "if may is not true then", "if may is not true and not is_admin then")
    await rewrite_function(town, "end_transfer", "asked.asked_by = app.caller()", "false")

    told, answered = await names_on_routes(town, "/v1/beneficiaries", "/v1/transfers")

    assert answered > 4
    assert "Façade: get /v1/beneficiaries/{beneficiary_id}" in told
