"""Measure how long 10 000 people take that a program enrols: ten requests, and the worker's jobs that they queue."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from backend import worker
from backend.api_clients.client_secrets import new_secret, secret_hash, shown
from backend.partners import jobs
from backend.settings import Settings
from scripts.benchmarks.figures import Figure
from scripts.benchmarks.ground import Ground, Program

AT_ONCE = 1_000
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ASSOCIATION = UUID("019a000e-0000-7000-8000-000000000002")
CLIENT = UUID("019a000e-0000-7000-8000-000000000003")
# The association is %(association)s, the client %(client)s.
MANDATED = (
    "insert into app.accounts (id, role, display_name) values (%(association)s, 'association', 'B')",
    "insert into app.associations (id, name, status) values (%(association)s, 'B', 'verified')",
    "insert into app.territories (code, kind, name) values ('FR', 'country', 'France') on conflict do nothing",
    "with o as (insert into app.organisations (name, kind, siren, territory_code)"
    " values ('Ville', 'ngo', '216704825', 'FR') returning id)"
    " insert into app.api_clients (id, name, organisation_id, territory_code, scopes, expires_at)"
    " select %(client)s, 'Logiciel', id, 'FR', '{beneficiaries:enrol}', now() + interval '1 day' from o",
    "insert into app.mandates (association_id, client_id) values (%(association)s, %(client)s)",
)


def enrolments(ground: Ground) -> list[Figure]:
    """Measure the seconds from the first request until everybody is enrolled, one worker working."""
    people = ground.amounts.enrolled_people
    secret = new_secret()
    with ground.connected(ground.town) as connection:
        for statement in MANDATED:
            connection.execute(statement.encode(), {"association": ASSOCIATION, "client": CLIENT})
        connection.execute(
            "insert into app.api_client_secrets (client_id, prefix, hash) values (%s, %s, %s)",
            (CLIENT, shown(secret), secret_hash(secret)),
        )
        api = ground.served("enrolling", {})
        worker_url = Settings.model_validate({"worker_database_url": ground.worker_url(ground.town)})
        chosen = ground.settings.model_copy(update={"worker_database_url": worker_url.worker_database_url})
        sending, enrolling = asyncio.run(_measured(chosen, api, secret, people))
        enrolled = connection.execute(
            "select count(*) from app.beneficiaries where association_id = %s", (ASSOCIATION,)
        ).fetchone()
    assert enrolled == (people,), enrolled
    detail = f"{sending:.1f} s to take {people // AT_ONCE} requests with names sealed, {enrolling:.1f} s to enrol them"
    return [Figure(f"{people} people of a program", 30, sending + enrolling, detail, at_most=True, unit=" s")]


async def _measured(chosen: Settings, api: Program, secret: str, people: int) -> tuple[float, float]:
    token = json.loads(
        _sent(
            api,
            "/v1/oauth/token",
            urlencode({"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": secret}),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
    )["access_token"]
    bodies = [_people(first) for first in range(0, people, AT_ONCE)]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    async with worker.working(chosen) as (work, _):
        began = time.monotonic()
        batches = [json.loads(_sent(api, "/v1/partners/beneficiaries", body, headers))["id"] for body in bodies]
        sent = time.monotonic()
        for batch in batches:
            await jobs.enrol(work, UUID(batch))
        done = time.monotonic()
    return sent - began, done - sent


def _people(first: int) -> str:
    until = (datetime.now(UTC) + timedelta(days=300)).date().isoformat()
    return json.dumps({"people": [_a_person(number, until) for number in range(first, first + AT_ONCE)]})


def _a_person(number: int, until: str) -> dict[str, Any]:
    name = "".join(LETTERS[number // 26**place % 26] for place in range(4))
    return {
        "external_id": f"CCAS-{number:06d}",
        "first_name": f"Zoé-{name}",
        "last_name": f"Lefèvre {name}",
        "birth_date": f"{1940 + number % 60}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        "household_size": number % 6 + 1,
        "eligible_until": until,
        "email": f"{name}{number}@example.org",
        "phone": "06 12 34 56 78",
    }


def _sent(api: Program, path: str, body: str, headers: dict[str, str]) -> bytes:
    connection = HTTPConnection("127.0.0.1", api.port, timeout=60)
    connection.request("POST", path, body.encode(), headers)
    said = connection.getresponse()
    answer = said.read()
    connection.close()
    assert said.status in (200, 202), answer[:500]
    return answer
