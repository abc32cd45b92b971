"""Every route with a client's token of each scope, and people's tokens at the routes for clients."""

from typing import Any

import pytest

from tests.journeys.test_kiosk import PUBLIC_ROUTES, reached
from tests.journeys.test_stations import FOR_PEOPLE
from tests.town import Town

# The routes for each scope, and whether people may call them too.
FOR_CLIENTS: dict[str, dict[str, bool]] = {
    "figures:read": {
        "GET /v1/territories/{code}/figures": True,
        "GET /v1/territories/{code}/figures.csv": True,
        "GET /v1/territories/{code}/figures.geojson": True,
        "GET /v1/territories/{code}/live": True,
    },
    "beneficiaries:enrol": {
        "GET /v1/partners/mandates": False,
        "POST /v1/partners/beneficiaries": False,
        "GET /v1/partners/batches/{batch_id}": False,
    },
    "funds:read": {
        "GET /v1/funds": True,
        "GET /v1/funds/{fund_id}": True,
        "GET /v1/funds/{fund_id}/statements/{month}": True,
        "GET /v1/funds/{fund_id}/statements/{month}.csv": True,
        "GET /v1/funds/{fund_id}/statements/{month}.pdf": True,
    },
    "webhooks": {
        f"{method} /v1/webhook-endpoints{path}": True
        for method, path in (
            ("GET", ""),
            ("POST", ""),
            ("GET", "/{endpoint_id}"),
            ("PATCH", "/{endpoint_id}"),
            ("DELETE", "/{endpoint_id}"),
            ("GET", "/{endpoint_id}/deliveries"),
            ("POST", "/{endpoint_id}/deliveries/{delivery_id}/redeliver"),
            ("POST", "/{endpoint_id}/test"),
            ("POST", "/{endpoint_id}/rotate-secret"),
        )
    },
}


async def _documented(town: Town) -> dict[str, dict[str, bool]]:
    """Return what the description says about the routes for API clients."""
    found: dict[str, dict[str, bool]] = {scope: {} for scope in FOR_CLIENTS}
    description: dict[str, Any] = (await town.request("GET", "/openapi.json")).json()
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            ways = {scheme: scopes for way in operation.get("security", ()) for scheme, scopes in way.items()}
            for scope in ways.get("clientCredentials", ()):
                found[scope][f"{method.upper()} {path}"] = "bearer" in ways or {} in operation["security"]
    return found


async def test_the_description_names_the_routes_for_clients(town: Town) -> None:
    assert await _documented(town) == FOR_CLIENTS


@pytest.mark.parametrize("scope", FOR_CLIENTS)
async def test_a_token_of_a_scope_opens_exactly_its_routes(town: Town, scope: str) -> None:
    client = await (await town.an_api_client(None, scope)).signs_in()

    not_for_people, tried = await reached(client, "client.not_here")
    with_scope, _ = await reached(client, "client.scope_missing")

    every = {route for routes in FOR_CLIENTS.values() for route in routes}
    assert not_for_people == PUBLIC_ROUTES - FOR_PEOPLE | every
    assert not_for_people & with_scope == PUBLIC_ROUTES - FOR_PEOPLE | FOR_CLIENTS[scope].keys()
    assert tried > len(not_for_people) + 20


async def test_a_person_s_token_opens_no_route_for_clients_alone(town: Town) -> None:
    marc, odile = await town.a_customer(), await town.an_admin()
    alone = {route for routes in FOR_CLIENTS.values() for route, people in routes.items() if not people}

    for person in (marc, odile):
        person.token = await town.token_for(person.id)
        taken, _ = await reached(person, "access.forbidden")
        assert not taken & alone
    # The control: with a client's token none of them is refused that way.
    client = await (await town.an_api_client()).signs_in()
    taken, _ = await reached(client, "access.forbidden")
    assert taken >= alone
