"""The platform's parameters, within their bounds, and the history of their changes."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.administration.schemas import SettingsIn
from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints, whole
from backend.pages.visit import Visit, route
from backend.problems.common import PreconditionFailed

NAMES = tuple(SettingsIn.model_fields)
PAGE = "/admin/settings"


async def parameters(visit: Visit) -> Response:
    """Show all parameters, or set those that were changed."""
    answer = await visit.api.sends("GET", "/v1/admin/settings")
    if not answer.is_success:
        raise Refused(answer)
    known, version = answer.json(), answer.headers["etag"]
    if not visit.posted:
        return await _parameters_page(visit, known, version, Form())
    form = await visit.form()
    typed = {name: whole(form.value(name)) for name in NAMES}
    changed = {name: value for name, value in typed.items() if value != known[name]}
    if changed:
        headers = {"if-match": str(form.value("version"))}
        answer = await visit.api.sends("PUT", "/v1/admin/settings", changed, headers=headers)
        if answer.status_code in (412, 422):
            wrong = form.refused(Refused(answer), NAMES)
            if answer.status_code == PreconditionFailed.status:
                wrong = form.overtaken(visit.t("forms.overtaken"), known)
            return await _parameters_page(visit, known, version, wrong, answer.status_code)
        if not answer.is_success:
            raise Refused(answer)
    return visit.to(PAGE, "saved")


async def _parameters_page(
    visit: Visit, known: dict[str, int], version: str, form: Form, status: int = 200
) -> Response:
    history = await visit.api.get("/v1/admin/settings/history", limit=20, after=visit.query.get("after"))
    return desk_page(
        visit,
        "settings.html",
        "settings",
        status,
        known=known,
        version=version,
        form=form,
        history=history,
        names=NAMES,
        rules=constraints(SettingsIn),
    )


routes: list[BaseRoute] = [route(PAGE, parameters, ["GET", "POST"], needs="person", roles=ROLES)]
