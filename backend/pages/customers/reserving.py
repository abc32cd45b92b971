"""Reserving a lot or giving it, paying for it, waiting for one, and taking what is kept for whoever waits."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.forms import Form, whole
from backend.pages.visit import Visit, route
from backend.pages.visitors.lot import lot_page

MOST = 100
MOST_DIGITS = 10


async def reserve(visit: Visit) -> Response:
    """Reserve portions of a lot, or give them, and go on to their page, which says how to pay if that is needed."""
    form = await visit.form()
    lot_id, wanted = str(visit.parameters["lot_id"]), {"quantity": whole(form.value("quantity", "1"))}
    # Whoever goes back and chooses another quantity reserves once more.
    key = form.key_for(form.value("for"), wanted["quantity"])
    try:
        if form.value("for") == "gift":
            gift = await visit.api.post("/v1/suspended-lots", {"lot_id": lot_id, **wanted}, key=key)
            return visit.to(f"/gifts/{gift['id']}")
        made = await visit.api.post(f"/v1/lots/{lot_id}/reservations", wanted, key=key)
    except Refused as refusal:
        return await _lot_again(visit, form, refusal)
    return visit.to(f"/reservations/{made['id']}")


async def wait(visit: Visit) -> Response:
    """Join the waiting list of a lot."""
    form = await visit.form()
    wanted = {"quantity": whole(form.value("quantity", "1"))}
    try:
        await visit.api.post(
            f"/v1/lots/{visit.parameters['lot_id']}/waiting", wanted, key=form.key_for("wait", wanted["quantity"])
        )
    except Refused as refusal:
        return await _lot_again(visit, form, refusal)
    return visit.to("/reservations", "waiting")


async def _lot_again(visit: Visit, form: Form, refusal: Refused) -> Response:
    """Return the page of the lot as it is now, with why something was refused."""
    if refusal.status in (401, 429) or refusal.status >= 500:
        raise refusal
    try:
        found = await visit.api.get(f"/v1/lots/{visit.parameters['lot_id']}")
    except Refused as gone:
        if gone.status != 404:
            raise
        return visit.page("visitors/lot_gone.html", 404)
    return lot_page(visit, found, form.refused(refusal, ("quantity",)), refusal.status)


async def pay(visit: Visit) -> Response:
    """Go on to the page where a reservation, or a gift, is paid."""
    form = await visit.form()
    id_ = visit.parameters["reservation_id"]
    checkout = await visit.api.post(f"/v1/reservations/{id_}/checkout", key=form.key_for("pay"))
    return RedirectResponse(checkout["url"], 303)


async def leave_queue(visit: Visit) -> Response:
    """Leave the waiting list of a lot, if one is on it."""
    form = await visit.form()
    for one in (await visit.api.get("/v1/waiting", limit=MOST))["data"]:
        if one["lot_id"] == str(visit.parameters["lot_id"]) and one["status"] in ("waiting", "offered"):
            await visit.api.post(f"/v1/waiting/{one['id']}/leave", key=form.key_for("leave", one["id"]))
    return visit.to("/reservations", "left_queue")


async def take(visit: Visit) -> Response:
    """Reserve the portions that are kept for somebody who waits."""
    form = await visit.form()
    made = await visit.api.post(f"/v1/waiting/{visit.parameters['waiting_id']}/take", key=form.key_for("take"))
    return visit.to(f"/reservations/{made['id']}")


async def leave(visit: Visit) -> Response:
    """Leave a waiting list."""
    form = await visit.form()
    await visit.api.post(f"/v1/waiting/{visit.parameters['waiting_id']}/leave", key=form.key_for("leave"))
    return visit.to("/reservations", "left_queue")


routes: list[BaseRoute] = [
    route("/lots/{lot_id:uuid}/reserve", reserve, ["POST"], needs="person"),
    route("/lots/{lot_id:uuid}/wait", wait, ["POST"], needs="person"),
    route("/lots/{lot_id:uuid}/leave-queue", leave_queue, ["POST"], needs="person"),
    route("/reservations/{reservation_id:uuid}/pay", pay, ["POST"], needs="person"),
    route("/waiting/{waiting_id:uuid}/take", take, ["POST"], needs="person"),
    route("/waiting/{waiting_id:uuid}/leave", leave, ["POST"], needs="person"),
]
