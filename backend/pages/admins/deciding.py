"""«À décider»: shops, associations and collectors to verify, reports, recalls, and refunds that failed."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.administration.schemas import DecisionIn
from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.visit import Visit, route
from backend.problems.common import PathUnknown

MOST = 20
KINDS = ("shops", "associations", "collectors")
_LISTS = {"shops": "/v1/shops", "associations": "/v1/admin/associations", "collectors": "/v1/admin/collectors"}


async def to_decide(visit: Visit) -> Response:
    """Show everything that waits for an admin, the oldest first."""
    waiting = await visit.api.get("/v1/admin/to-decide", most=MOST)
    return desk_page(visit, "to_decide.html", "to_decide", waiting=waiting, form=Form())


async def verify(visit: Visit) -> Response:
    """Verify a shop, an association or a collector."""
    form = await visit.form()
    kind = _kind(visit)
    await _decided(visit, kind, {"decision": "verified"}, form)
    return visit.to("/admin", f"verified_{kind}")


async def reject(visit: Visit) -> Response:
    """Ask for the reason of a refusal, or refuse."""
    kind = _kind(visit)
    if not visit.posted:
        return await _reject_page(visit, kind, Form())
    form = await visit.form()
    if not form.value("reason"):
        return await _reject_page(visit, kind, form.wrong(reason=visit.t("admin.reason_missing")), 422)
    try:
        await _decided(visit, kind, {"decision": "rejected", "reason": form.value("reason")}, form)
    except Refused as refusal:
        if refusal.status != 422:
            raise
        return await _reject_page(visit, kind, form.refused(refusal, ("reason",)), 422)
    return visit.to("/admin", "rejected")


async def _reject_page(visit: Visit, kind: str, form: Form, status: int = 200) -> Response:
    found = await _one(visit, kind)
    return desk_page(
        visit, "reject.html", "to_decide", status, kind=kind, one=found, form=form, rules=constraints(DecisionIn)
    )


async def _one(visit: Visit, kind: str) -> Any:
    """Return what is to be decided. Raises PathUnknown if it does not wait for a decision."""
    wanted = str(visit.parameters["id"])
    if kind == "shops":
        return await visit.api.get(f"/v1/shops/{wanted}")
    after = None
    while True:
        page = await visit.api.get(_LISTS[kind], status="pending", limit=100, after=after)
        for one in page["data"]:
            if one["id"] == wanted:
                return one
        after = page["next"]
        if not page["has_more"]:
            raise PathUnknown


async def _decided(visit: Visit, kind: str, body: Mapping[str, Any], form: Form) -> None:
    headers = {"idempotency-key": form.key}
    if form.value("version"):
        headers["if-match"] = str(form.value("version"))
    path = f"/v1/admin/{kind}/{visit.parameters['id']}/verify"
    answer = await visit.api.sends("POST", path, dict(body), headers=headers)
    if not answer.is_success:
        raise Refused(answer)


async def refund_settled(visit: Visit) -> Response:
    """Put away the news of a refund that failed."""
    await visit.api.post(f"/v1/notices/{visit.parameters['id']}/read")
    return visit.to("/admin", "saved")


def _kind(visit: Visit) -> str:
    kind = str(visit.parameters["kind"])
    if kind not in KINDS:
        raise PathUnknown
    return kind


routes: list[BaseRoute] = [
    route("/admin", to_decide, needs="person", roles=ROLES),
    route("/admin/{kind}/{id:uuid}/verify", verify, ["POST"], needs="person", roles=ROLES),
    route("/admin/{kind}/{id:uuid}/reject", reject, ["GET", "POST"], needs="person", roles=ROLES),
    route("/admin/refunds/{id:uuid}/settled", refund_settled, ["POST"], needs="person", roles=ROLES),
]
