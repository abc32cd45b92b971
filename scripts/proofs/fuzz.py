"""Requests that schemathesis makes up from the served description, sent as each role to the running product.

Of every answer: no 5xx, a status and a content type that the description names, and a body that its schema admits. The
requests are right and wrong in turn; most ids in them are those of things in a demo town, or were just answered.
"""

import asyncio
import os
import random
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Err
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backend.identity.tokens import Role
from scripts.proofs.figures import Outcome
from scripts.proofs.house import Connection, House
from scripts.proofs.storms import Weather

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]
AnyCase: TypeAlias = Case[Any]

VISITOR, KIOSK = "visitor", "kiosk"
ROLES = (VISITOR, *(role.value for role in Role), KIOSK)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
EXAMPLES = {RIGHT: 20, WRONG: 10}
EXAMPLES_IN_A_HURRY = {RIGHT: 2, WRONG: 1}
OPERATIONS_IN_A_HURRY = 12
ROUND_SECONDS = 120.0
REAL_IDS = 0.8
LEFT_TO_OTHERS = 0.8
EXAMPLES_IN_BODIES, KEPT_OF_EXAMPLES = 0.5, 0.9
TIME, DATE = re.compile(r"\d{4}-\d\d-\d\dT.*"), re.compile(r"\d{4}-\d\d-\d\d")
MOST_IDS = 50
MOST_SHOWN = 700
KIOSK_SECONDS = 25 * 60
HASH_BYTES = 32
ANSWERS_WITHIN_SECONDS = 30

# Whoever of a role has most, so that there is something to work with.
ACCOUNT = """
    select a.id from app.accounts a left join app.beneficiaries b on b.id = a.id
    where a.role = $1 and a.status = 'active' and (b.id is null or b.status = 'verified')
    order by (select count(*) from app.reservations r where r.account_id = a.id)
           + (select count(*) from app.shops s where s.owner_id = a.id)
           + (select count(*) from app.beneficiaries e where e.association_id = a.id) desc, a.created_at, a.id
    limit 1
"""
# What the strangers of earlier rounds did to people.
RESTORED = (
    "update app.accounts set status = 'active', status_reason = null where status = 'suspended'",
    "update app.beneficiaries set status = 'verified' where status in ('pending', 'suspended')",
)
# What a parameter's name stands for, and where answers show more of it.
TABLES = {
    "account_id": "accounts",
    "agreement_id": "agreements",
    "association_id": "associations",
    "beneficiary_id": "beneficiaries",
    "collector_id": "collectors",
    "import_id": "imports",
    "kiosk_id": "kiosks",
    "listing_id": "recurring_listings",
    "lot_id": "lots",
    "photo_id": "photos",
    "place_id": "saved_places",
    "reservation_id": "reservations",
    "shop_id": "shops",
    "suspended_lot_id": "suspended_lots",
    "transfer_id": "transfers",
    "waiting_id": "waiting",
}
ANSWERED = {table.replace("_", "-"): name for name, table in TABLES.items()} | {
    "recurring-listings": "listing_id",
    "places": "place_id",
}


async def description_holds(outcome: Outcome, weather: Weather) -> None:
    """Ask as each role until the time is over; once round in a hurry. A role that died out gets a new town."""
    description: Description | None = None
    seed = weather.chance.getrandbits(32)
    until = time.monotonic() + weather.seconds
    each = None if weather.hurried else min(weather.seconds, ROUND_SECONDS) / len(ROLES)
    while not outcome.violations and (time.monotonic() < until or not outcome.figures["requests"]):
        outcome.figures["towns"] += 1
        with tempfile.TemporaryDirectory(prefix="ecopanier-") as folder:
            Path(folder).chmod(0o755)  # noqa: ASYNC240  a moment
            async with House.built(Path(folder)) as house:
                await house.is_seeded()
                if description is None:
                    description = Description((await house.http.get(f"{house.url}/openapi.json")).json())
                complete = True
                while complete:
                    complete = await one_round(house, description, outcome, seed, each)
                    complete = complete and not outcome.violations and time.monotonic() < until
                    seed += 1


async def one_round(house: House, description: "Description", outcome: Outcome, seed: int, each: float | None) -> bool:
    """Ask as every role; the seed decides all choices. Returns whether each role had somebody left.

    each: seconds for a role; None: a few operations, once.
    """
    print(f"  round with seed {seed}", flush=True)
    for restored in RESTORED:
        await house.value(restored)
    complete = True
    for role in ROLES:
        token, ids = await _token(house, role), await _ids(house)
        if token is None:
            complete = False  # strangers have erased all of them
            continue
        chance = random.Random(f"{seed} {role}")  # noqa: S311  no secret
        stranger = Stranger(role, house.url, token, ids, outcome, chance)
        await asyncio.to_thread(stranger.asks_some, description, each and time.monotonic() + each)
    return complete


async def _ids(house: House) -> dict[str, list[str]]:
    async with house.sql() as sql:
        return {name: await _ids_in(sql, table) for name, table in TABLES.items()}


async def _ids_in(sql: Connection, table: str) -> list[str]:
    rows = await sql.fetch(f"select id from app.{table} order by id desc limit {MOST_IDS}")  # noqa: S608  names of ours
    return [str(row["id"]) for row in rows]


async def _token(house: House, role: str) -> Callable[[], str | None] | None:
    """Return a function that gives a valid token, or None for visitors. Returns None if nobody has the role."""
    if role == VISITOR:
        return lambda: None
    async with house.sql() as sql:
        account: UUID | None = await sql.fetchval(ACCOUNT, Role.BENEFICIARY if role == KIOSK else role)
        if account is None:
            return None
        if role != KIOSK:
            return lambda: house.token(account)
        at_kiosk = house.kiosk_token(account, await _session_at_a_kiosk(sql, account), KIOSK_SECONDS)
        return lambda: at_kiosk


async def _session_at_a_kiosk(sql: Connection, account: UUID) -> UUID:
    """Sign somebody in with a card, without the card."""
    kiosk = await sql.fetchval(
        "insert into app.kiosks (name, association_id, device_hash, registered_by)"
        " select 'Accueil', b.association_id, $2, coalesce(b.association_id, $3) from app.beneficiaries b"
        " where b.id = $1 returning id",
        account,
        os.urandom(HASH_BYTES),
        await sql.fetchval(ACCOUNT, Role.ADMIN),
    )
    card = await sql.fetchval("select id from app.cards where beneficiary_id = $1 and status = 'active'", account)
    if card is None:
        card = await sql.fetchval(
            "insert into app.cards (beneficiary_id, secret_hash) values ($1, $2) returning id",
            account,
            os.urandom(HASH_BYTES),
        )
    session: UUID = await sql.fetchval(
        "insert into app.sessions (account_id, kiosk_id, card_id, ends_at)"
        " values ($1, $2, $3, app.clock() + interval '25 minutes') returning id",
        account,
        kiosk,
        card,
    )
    return session


class Description:
    """The operations of an OpenAPI description, and how requests to them are made up; that takes a while to prepare."""

    def __init__(self, served: dict[str, Any]) -> None:
        self._prepared: dict[tuple[str, GenerationMode], SearchStrategy[AnyCase]] = {}
        self.operations: list[Operation] = []
        self.succeeded: set[str] = set()
        self.examples = {
            f"{method.upper()} {path}": media["example"]
            for path, item in served["paths"].items()
            for method, operation in item.items()
            for media in operation.get("requestBody", {}).get("content", {}).values()
            if isinstance(media.get("example"), dict)
        }
        for found in schemathesis.openapi.from_dict(served).get_all_operations():
            if isinstance(found, Err):
                raise found.err()
            self.operations.append(found.ok())

    def requests(self, operation: Operation, mode: GenerationMode) -> "SearchStrategy[AnyCase]":
        """Return what makes up requests of one kind."""
        if (prepared := self._prepared.get((operation.label, mode))) is None:
            prepared = self._prepared[operation.label, mode] = operation.as_strategy(generation_mode=mode)
        return prepared


class Stranger:
    """Somebody who asks whatever the description allows, and more."""

    def __init__(
        self,
        role: str,
        url: str,
        token: Callable[[], str | None],
        ids: dict[str, list[str]],
        outcome: Outcome,
        chance: random.Random,
    ) -> None:
        """token: answers None for a visitor. ids: of what exists, by the names of parameters."""
        self.role, self.url, self.token, self.ids = role, url, token, ids
        self.outcome, self.chance = outcome, chance
        self.cursors: dict[str, list[str]] = defaultdict(list)
        self.answers: dict[str, set[int]] = defaultdict(set)
        self.session = requests.Session()
        self.session.trust_env = False

    def asks_some(self, description: Description, until: float | None) -> None:
        """Ask operations in some order: all of them as long as there is time, or a few, a few times."""
        operations = self.chance.sample(description.operations, len(description.operations))
        examples = EXAMPLES
        if until is None:
            operations, examples = operations[:OPERATIONS_IN_A_HURRY], EXAMPLES_IN_A_HURRY
        for operation in operations:
            if until is None or time.monotonic() < until:
                for mode, most in examples.items():
                    example = description.examples.get(operation.label, {}) if mode is RIGHT else {}
                    self.asks(operation, description.requests(operation, mode), most, example)
        self.session.close()
        description.succeeded |= {label for label, statuses in self.answers.items() if min(statuses, default=500) < 300}
        self.outcome.figures["operations that succeeded"] = len(description.succeeded)

    def asks(
        self, operation: Operation, made_up: "SearchStrategy[AnyCase]", most: int, example: Mapping[str, Any]
    ) -> None:
        """Send up to `most` different requests of one kind; an operation without parameters has only one.

        example: what some of the bodies are made of, so that more than a few of them can succeed.
        """

        @hypothesis.seed(self.chance.getrandbits(32))
        @hypothesis.settings(
            max_examples=most,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=made_up)
        def ask(case: AnyCase) -> None:
            if isinstance(case.body, dict) and example and self.chance.random() < EXAMPLES_IN_BODIES:
                case.body = self._like(example, case.body)
            # A few requests show that a route is for others.
            if answers and answers <= {401, 403} and self.chance.random() < LEFT_TO_OTHERS:
                return
            self._ask(case)

        answers = self.answers[operation.label]
        with suppress(Unsatisfiable):  # nothing about a request without parameters can be wrong
            ask()

    def _ask(self, case: AnyCase) -> None:
        self._put_in_real_ids(case)
        self.outcome.figures["requests"] += 1
        token = self.token()
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        try:
            answer = case.call(base_url=self.url, session=self.session, headers=headers, timeout=ANSWERS_WITHIN_SECONDS)
            self.outcome.answers[f"{answer.status_code} for a {self.role}"] += 1
            self.answers[case.operation.label].add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)
        except requests.RequestException as broken:
            self._found(case, [f"no answer: {type(broken).__name__}"])
        except FailureGroup as failures:
            self._found(case, [str(failure) for failure in failures.exceptions])
        else:
            self._remember(case, answer)

    def _found(self, case: AnyCase, failures: list[str]) -> None:
        for failure in failures:
            shown = " ".join(f"{case.operation.label} as {self.role}: {failure}".split())
            reproduced = " ".join(case.as_curl_command(base_url=self.url).split())
            self.outcome.violations.append(f"{shown[:MOST_SHOWN]} | {reproduced[:MOST_SHOWN]}")

    def _like(self, example: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
        """Return an example with times that are still ahead, and now and then a field of a body that was made up."""
        made = {name: self._ahead(value) for name, value in example.items()}
        for name in body:
            if name not in example or self.chance.random() > KEPT_OF_EXAMPLES:
                made[name] = body[name]
        return made

    def _ahead(self, value: Any) -> Any:
        now = datetime.now(UTC)
        if isinstance(value, str) and TIME.fullmatch(value):
            return (now + timedelta(hours=self.chance.uniform(0, 72))).isoformat()
        if isinstance(value, str) and DATE.fullmatch(value):
            return str((now + timedelta(days=self.chance.randrange(400))).date())
        return value

    def _put_in_real_ids(self, case: AnyCase) -> None:
        for parameters in (case.path_parameters, case.query):
            for name in parameters:
                if (known := self.ids.get(name)) and self.chance.random() < REAL_IDS:
                    parameters[name] = self.chance.choice(known)
        if "after" in case.query and (known := self.cursors[case.operation.label]):
            case.query["after"] = self.chance.choice(known)
        if isinstance(case.body, dict):
            case.body = {name: self._real(name, value) for name, value in case.body.items()}

    def _real(self, name: Any, value: Any) -> Any:
        """Return another value for a field of a body that names something, and any other value as it is."""
        known = self.ids.get(str(name).removesuffix("s"))
        if not known or self.chance.random() > REAL_IDS:
            return value
        return [self.chance.choice(known)] if isinstance(value, list) else self.chance.choice(known)

    def _remember(self, case: AnyCase, answer: Response) -> None:
        """Keep the ids and cursors that were answered: those that this role may see."""
        if answer.status_code not in (200, 201) or "json" not in answer.headers.get("content-type", [""])[0]:
            return
        body = answer.json()
        parts = [part for part in case.operation.path.split("/") if part in ANSWERED]
        if not parts or not isinstance(body, dict):
            return
        known = self.ids[ANSWERED[parts[-1]]]
        known += [one["id"] for one in (body, *_listed(body)) if isinstance(one.get("id"), str)]
        del known[: max(0, len(known) - 2 * MOST_IDS)]
        if isinstance(body.get("next"), str):
            self.cursors[case.operation.label].append(body["next"])


def _listed(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    listed = body.get("data")
    yield from (one for one in (listed if isinstance(listed, list) else []) if isinstance(one, dict))
