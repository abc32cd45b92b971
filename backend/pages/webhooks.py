"""The webhooks of a shop, an association or an organisation: its owner adds addresses, tries them and reads their log.

A secret is shown only on the page that answers the form with which it was made.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.houses import Desk
from backend.pages.visit import Visit, route
from backend.webhooks.problems import WebhookEndpointNotFound
from backend.webhooks.schemas import WebhookEndpointIn

FIELDS = ("url", "description", "events")
ENDPOINTS = "/v1/webhook-endpoints"
SHOWN = 50


@dataclass(frozen=True)
class Keeper:
    """An owner of endpoints. kind: `shop`, `association` or `organisation`; asked: what the API's query names.

    here: the page's entry in the menu. path: of the page.
    """

    desk: Desk
    kind: str
    id: str
    path: str
    here: str = "webhooks"
    asked: Mapping[str, str] = field(default_factory=dict)


Opens = Callable[[Visit], Awaitable[Keeper]]
"""Returns whose webhooks a page is about. Raises NotAllowed for whoever does not own it."""


async def _list(keeper: Keeper, form: Form, status: int = 200) -> Response:
    known = await keeper.desk.visit.api.get("/v1/webhook-events")
    return keeper.desk.page(
        "webhooks.html",
        keeper.here,
        status,
        form=form,
        keeper=keeper,
        webhooks=await _kept(keeper),
        known=[one for one in known["data"] if keeper.kind in one["owners"]],
        rules=constraints(WebhookEndpointIn),
    )


async def _kept(keeper: Keeper) -> list[dict[str, Any]]:
    found = await keeper.desk.visit.api.get(ENDPOINTS)
    return [one for one in found["data"] if one[f"{keeper.kind}_id"] == keeper.id]


async def _one(keeper: Keeper) -> dict[str, Any]:
    """Return the endpoint that the address names. Raises WebhookEndpointNotFound for another's."""
    wanted = str(keeper.desk.visit.parameters["id"])
    found = next((one for one in await _kept(keeper) if one["id"] == wanted), None)
    if found is None:
        raise WebhookEndpointNotFound
    return found


async def _page_of(
    keeper: Keeper,
    endpoint: Mapping[str, Any],
    status: int = 200,
    secret: str | None = None,
    problem: str | None = None,
) -> Response:
    log = await keeper.desk.visit.api.get(f"{ENDPOINTS}/{endpoint['id']}/deliveries", limit=SHOWN)
    return keeper.desk.page(
        "webhook.html",
        keeper.here,
        status,
        form=Form(),
        keeper=keeper,
        webhook=endpoint,
        deliveries=log["data"],
        secret=secret,
        problem=problem,
    )


async def _add(keeper: Keeper) -> Response:
    form = await keeper.desk.visit.form("events")
    body = {"url": form.value("url"), "description": form.value("description"), "events": form.value("events")}
    if keeper.kind != "association":
        body[f"{keeper.kind}_id"] = keeper.id
    answer = await keeper.desk.visit.api.sends(
        "POST", ENDPOINTS, body, query=keeper.asked, headers={"idempotency-key": form.key}
    )
    if answer.is_success:
        made = answer.json()
        return await _page_of(keeper, made, 201, made["secret"])
    refusal = Refused(answer)
    if refusal.status not in (409, 422):
        raise refusal
    return await _list(keeper, form.refused(refusal, FIELDS), refusal.status)


async def _does(keeper: Keeper, act: str) -> Response:
    """Do what a button of an endpoint's page says."""
    visit, endpoint, form = keeper.desk.visit, await _one(keeper), await keeper.desk.visit.form()
    path, page = f"{ENDPOINTS}/{endpoint['id']}", f"{keeper.path}/{endpoint['id']}"
    try:
        match act:
            case "test":
                await visit.api.post(f"{path}/test", {})
            case "redeliver":
                await visit.api.post(f"{path}/deliveries/{visit.parameters['delivery']}/redeliver", {})
            case "switch":
                await visit.api.patch(path, {"on": form.value("on") == "yes"})
            case "remove":
                await visit.api.delete(path)
                return keeper.desk.to(keeper.path, "webhook_removed")
            case "rotate":
                made = await visit.api.post(f"{path}/rotate-secret", {}, key=form.key)
                return await _page_of(keeper, await _one(keeper), 201, made["secret"])
    except Refused as refusal:
        if refusal.status not in (404, 409):
            raise
        return await _page_of(keeper, await _one(keeper), refusal.status, problem=refusal.detail)
    return keeper.desk.to(page, f"webhook_{act}")


def webhook_routes(page: str, opens: Opens) -> list[Route]:
    """Return the routes of the webhooks of one kind of owner. page: the path of the list."""

    async def webhooks(visit: Visit) -> Response:
        keeper = await opens(visit)
        return await (_add(keeper) if visit.posted else _list(keeper, Form()))

    async def webhook(visit: Visit) -> Response:
        keeper = await opens(visit)
        return await _page_of(keeper, await _one(keeper))

    def doing(act: str) -> Callable[[Visit], Awaitable[Response]]:
        async def does(visit: Visit) -> Response:
            return await _does(await opens(visit), act)

        return does

    return [
        route(page, webhooks, ["GET", "POST"], needs="person"),
        route(f"{page}/{{id:uuid}}", webhook, needs="person"),
        *(
            route(f"{page}/{{id:uuid}}/{act}", doing(act), ["POST"], needs="person")
            for act in ("test", "switch", "remove", "rotate")
        ),
        route(f"{page}/{{id:uuid}}/deliveries/{{delivery:uuid}}", doing("redeliver"), ["POST"], needs="person"),
    ]
