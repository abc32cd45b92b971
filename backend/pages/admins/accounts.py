"""Accounts: find one, suspend or restore it, and reset a second factor. A beneficiary is a code here."""

from collections.abc import Mapping

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.administration.problems import AccountNotFound
from backend.administration.schemas import ReasonIn
from backend.identity.tokens import Role
from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.admins.rows import account_rows
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.visit import Visit, route
from backend.problems.common import PathUnknown

ACTS: Mapping[str, str] = {"suspend": "suspend", "restore": "restore", "reset-factor": "second-factor/reset"}
FILTERS = ("q", "role", "status")


async def accounts(visit: Visit) -> Response:
    """Find accounts, or list all."""
    asked = {name: visit.query[name].strip() for name in FILTERS if visit.query.get(name, "").strip()}
    found = await visit.api.get("/v1/admin/accounts", limit=20, after=visit.query.get("after"), **asked)
    return desk_page(
        visit,
        "accounts.html",
        "accounts",
        found=found,
        account_rows=account_rows,
        asked=asked,
        form=Form(asked),
        people=[role.value for role in Role],
    )


async def act(visit: Visit) -> Response:
    """Ask for the reason of an act on an account, or do it. q: how the account was found."""
    done = str(visit.parameters["act"])
    if done not in ACTS:
        raise PathUnknown
    if not visit.posted:
        return await _act_page(visit, done, str(visit.query.get("q", "")), Form())
    form = await visit.form()
    path = f"/v1/admin/accounts/{visit.parameters['id']}/{ACTS[done]}"
    try:
        await visit.api.post(path, {"reason": form.value("reason")}, key=form.key)
    except Refused as refusal:
        if refusal.status not in (404, 409, 422):
            raise
        return await _act_page(
            visit, done, str(form.value("q")), form.refused(refusal, ("reason",)), status=refusal.status
        )
    return visit.to("/admin/accounts", f"account_{done.replace('-', '_')}", **_found_by(str(form.value("q"))))


async def _act_page(visit: Visit, done: str, words: str, form: Form, status: int = 200) -> Response:
    found = (await visit.api.get("/v1/admin/accounts", q=str(visit.parameters["id"])))["data"]
    if not found:
        raise AccountNotFound
    return desk_page(
        visit,
        "account_act.html",
        "accounts",
        status,
        act=done,
        words=words,
        one=found[0],
        form=form,
        rules=constraints(ReasonIn),
    )


def _found_by(words: str) -> dict[str, str]:
    return {"q": words} if words else {}


routes: list[BaseRoute] = [
    route("/admin/accounts", accounts, needs="person", roles=ROLES),
    route("/admin/accounts/{id:uuid}/{act}", act, ["GET", "POST"], needs="person", roles=ROLES),
]
