"""The page of a link that asks for a collection without an account. It works without scripts."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.collections.asking_schemas import CollectIn
from backend.collections.schemas import ItemIn
from backend.pages.account_pages import refuse_other_sites, shown
from backend.pages.client import Refused
from backend.pages.collecting import NotATime, moment_typed
from backend.pages.forms import Form, constraints
from backend.pages.merchants.collections import FIELDS, FOOD, item_typed
from backend.pages.visit import Visit, route
from backend.shops.models import Category


async def collect(visit: Visit) -> Response:
    """Show the form of a link, or send it; a form that is sent again is the same request."""
    visit.api.token = None  # the token of the link decides, whoever is signed in
    path = f"/v1/collect/{visit.parameters['token']}"
    answer = await visit.api.sends("GET", path)
    if not answer.is_success:
        page = shown(visit, "links/refused.html", answer.status_code, name="collect", problem=answer.json())
        page.headers.update(Refused(answer).headers)
        return page
    about = answer.json()
    if not visit.posted:
        return _page(visit, about, Form())
    refuse_other_sites(visit)
    form = await visit.form()
    try:
        body = {
            "form": form.value("form"),
            "items": [item_typed(form)],
            "notes": form.value("notes"),
            **{name: moment_typed(form, name, about["time_zone"]) for name in ("window_start", "window_end")},
        }
        sent = await visit.api.sends("POST", path, body)
        if not sent.is_success:
            raise Refused(sent)
    except NotATime as wrong:
        return _page(visit, about, form.wrong(**{str(wrong): visit.t("collections.unreadable")}), 422)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return _page(visit, about, form.refused(refusal, FIELDS, FOOD), refusal.status)
    return shown(visit, "links/collected.html", asked=sent.json())


def _page(visit: Visit, about: dict[str, str], form: Form, status: int = 200) -> Response:
    now = datetime.now(ZoneInfo(about["time_zone"]))
    starts = (now + timedelta(minutes=30)).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return shown(
        visit,
        "links/collect.html",
        status,
        about=about,
        form=form,
        rules={**constraints(CollectIn), **constraints(ItemIn)},
        window={
            "window_start": starts.strftime("%Y-%m-%dT%H:%M"),
            "window_end": (starts + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
        },
        categories=[(str(one), visit.t(f"categories.{one}")) for one in Category],
    )


routes: list[BaseRoute] = [route("/collect/{token}", collect, ["GET", "POST"], cross_site=True)]
