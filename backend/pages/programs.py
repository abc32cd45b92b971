"""The API clients of an organisation, an association or a shop: made, given other secrets and revoked by its owner.

People read « programmes ». A secret is shown only on the page that answers the form with which it was made.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response
from starlette.routing import Route

from backend.api_clients.problems import ApiClientNotFound
from backend.api_clients.schemas import ApiClientIn
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints, whole
from backend.pages.houses import Desk
from backend.pages.visit import Visit, route
from backend.time_zones import PARIS

FIELDS = ("name", "scopes", "territory", "expires_at")
SCOPES = ("figures:read", "beneficiaries:enrol", "funds:read", "webhooks")
OLD_SECRET_DAYS = (7, 0, 1, 30)
ABOUT = {"api_client.expiry_invalid": "expires_at", "api_client.territory_outside": "territory"}
"""The field that a problem is about."""


@dataclass(frozen=True)
class Owner:
    """An owner of API clients. page: the address of their page; path: of their list in the API; asked: its query.

    scopes: those that may be chosen. here: the page's entry in the menu. more: reads what else the page shows.
    """

    desk: Desk
    page: str
    path: str
    asked: Mapping[str, str] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    here: str = "programs"
    more: Callable[[], Awaitable[Mapping[str, Any]]] | None = None


Opens = Callable[[Visit], Awaitable[Owner]]
"""Returns whose API clients a page is about. Raises NotAllowed for whoever does not own the house."""


async def _programs(visit: Visit, opens: Opens) -> Response:
    """List the API clients, or make one and show its secret."""
    owner = await opens(visit)
    if not visit.posted:
        return await programs_page(owner, Form())
    form = await visit.form("scopes")
    body = {"name": form.value("name"), "expires_at": _end_of(form.value("expires_at"))}
    if owner.scopes:
        body |= {"scopes": form.value("scopes"), "territory": form.value("territory") or None}
    try:
        made = await _posts(owner, owner.path, body, form, owner.asked)
    except Refused as refusal:
        return await _again(owner, form, refusal)
    return await programs_page(owner, Form(), 201, made=made)


async def _rotate(visit: Visit, opens: Opens) -> Response:
    """Add a second secret to an API client, and show it."""
    owner, form = await opens(visit), await visit.form()
    client = await _one(owner)
    body = {"old_secret_days": whole(form.value("old_secret_days")), "expires_at": _end_of(form.value("until"))}
    try:
        made = await _posts(owner, f"/v1/api-clients/{client}/secrets", body, form)
    except Refused as refusal:
        return await _again(owner, Form(), refusal)
    return await programs_page(owner, Form(), 201, made=made)


async def _revoke(visit: Visit, opens: Opens) -> Response:
    """Revoke an API client for good, or one of its secrets."""
    owner, form = await opens(visit), await visit.form()
    client, secret = await _one(owner), form.value("secret")
    path = f"/v1/api-clients/{client}"
    await visit.api.delete(f"{path}/secrets/{secret}" if secret else path)
    return owner.desk.to(owner.page, "secret_revoked" if secret else "program_revoked")


async def programs_page(owner: Owner, form: Form, status: int = 200, **values: Any) -> Response:
    """Return the page of the API clients."""
    answer = await owner.desk.visit.api.sends("GET", owner.path, query={**owner.asked, "limit": 100})
    if not answer.is_success:
        raise Refused(answer)
    shown = {"made": None, **values, **(await owner.more() if owner.more else {})}
    return owner.desk.page(
        "programs.html",
        owner.here,
        status,
        form=form,
        path=owner.page,
        programs=answer.json()["data"],
        scopes=owner.scopes,
        old_secret_days=OLD_SECRET_DAYS,
        rules=constraints(ApiClientIn),
        **shown,
    )


async def _again(owner: Owner, form: Form, refusal: Refused) -> Response:
    if refusal.status not in (409, 422):
        raise refusal
    about = ABOUT.get(refusal.code)
    wrong = form.wrong(**{about: refusal.detail}) if about and form.typed else form.refused(refusal, FIELDS)
    return await programs_page(owner, wrong, refusal.status)


async def _one(owner: Owner) -> str:
    """Return the id of the API client that the address names. Raises Refused, ApiClientNotFound for another's."""
    visit = owner.desk.visit
    answer = await visit.api.sends("GET", owner.path, query={**owner.asked, "limit": 100})
    if not answer.is_success:
        raise Refused(answer)
    wanted = str(visit.parameters["id"])
    if all(one["id"] != wanted for one in answer.json()["data"]):
        raise ApiClientNotFound
    return wanted


async def _posts(owner: Owner, path: str, body: Any, form: Form, asked: Mapping[str, str] | None = None) -> Any:
    headers = {"idempotency-key": form.key}
    answer = await owner.desk.visit.api.sends("POST", path, body, query=asked or {}, headers=headers)
    if not answer.is_success:
        raise Refused(answer)
    return answer.json()


def _end_of(typed: Any) -> str | None:
    """Return the end of a day in Paris that was typed; what is no day is left for the API to refuse."""
    try:
        day = date.fromisoformat(str(typed))
    except ValueError:
        return str(typed) or None
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(PARIS)).isoformat()


def program_routes(page: str, opens: Opens) -> list[Route]:
    """Return the routes of the API clients of one kind of owner. page: as a path of Starlette."""

    async def programs(visit: Visit) -> Response:
        return await _programs(visit, opens)

    async def rotate(visit: Visit) -> Response:
        return await _rotate(visit, opens)

    async def revoke(visit: Visit) -> Response:
        return await _revoke(visit, opens)

    return [
        route(page, programs, ["GET", "POST"], needs="person"),
        route(f"{page}/{{id:uuid}}/rotate", rotate, ["POST"], needs="person"),
        route(f"{page}/{{id:uuid}}/revoke", revoke, ["POST"], needs="person"),
    ]
