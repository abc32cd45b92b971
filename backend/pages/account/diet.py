"""The allergens that one avoids: kept with a consent of their own, and opened only when their person asks."""

from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.lots.models import Allergen
from backend.pages.account.overview import EATERS
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.visit import Visit, route


async def diet(visit: Visit) -> Response:
    """Show the diet once it is asked for, because each reading is logged; keep another one."""
    form = await visit.form("without_allergens") if visit.posted else Form()
    consent = (await visit.api.get("/v1/me/consents"))["diet"]
    agreed = consent["status"] == "given"
    if visit.posted:
        if not agreed and form.value("agreed") != "yes":
            wrong = form.wrong(agreed=visit.t("diet.agree_first"))
            return visit.page("account/diet.html", 422, form=wrong, agreed=False, kept=None, search="", **_all())
        try:
            if not agreed:
                version = form.value("version", consent["current_version"])
                await visit.api.put("/v1/me/consents", {"diet": {"version": version, "given": True}})
            await visit.api.put("/v1/me/diet", {"without_allergens": form.value("without_allergens", [])})
        except Refused as refusal:
            if refusal.status not in (409, 422):
                raise
            wrong = form.refused(refusal, ("without_allergens",))
            return visit.page(
                "account/diet.html", refusal.status, form=wrong, agreed=agreed, kept=None, search="", **_all()
            )
        return visit.to("/account/diet", "saved")
    kept = (await visit.api.get("/v1/me/diet"))["without_allergens"] if agreed and "open" in visit.query else None
    search = f"/?{urlencode([('without', one) for one in kept])}" if kept else ""
    return visit.page("account/diet.html", form=form, agreed=agreed, kept=kept, search=search, **_all(consent))


def _all(consent: dict[str, str] | None = None) -> dict[str, object]:
    return {"allergens": [str(one) for one in Allergen], "version": consent["current_version"] if consent else ""}


async def forget(visit: Visit) -> Response:
    """Withdraw the consent, which erases the diet."""
    consent = (await visit.api.get("/v1/me/consents"))["diet"]
    await visit.api.put("/v1/me/consents", {"diet": {"version": consent["current_version"], "given": False}})
    return visit.to("/account/diet", "diet_erased")


routes: list[BaseRoute] = [
    route("/account/diet", diet, ["GET", "POST"], needs="person", roles=EATERS),
    route("/account/diet/forget", forget, ["POST"], needs="person", roles=EATERS),
]
