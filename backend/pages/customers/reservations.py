"""The visitor's reservations: the list, the pass, handing it over, a new PIN, and cancelling."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.lots.models import Allergen
from backend.pages.amounts import Amounts
from backend.pages.client import Refused
from backend.pages.customers.favourites import EATERS
from backend.pages.forms import Form
from backend.pages.qr import drawn
from backend.pages.session import is_station
from backend.pages.visit import Visit, route
from backend.reservations.problems import ReservationNotFound

RUNNING = frozenset({"held", "confirmed"})
MOST = 100


async def reservations(visit: Visit) -> Response:
    """Return the list of the visitor's reservations: those to come, places on waiting lists, and past ones."""
    now = datetime.now(UTC)
    after = visit.query.get("after")
    past = await visit.api.get("/v1/me/pickups", limit=20, after=after)
    waiting: list[dict[str, Any]] = past["waiting"]
    coming: list[dict[str, Any]] = []
    if after is None:
        open_ = past  # a list that is whole has the reservations to come too
        if past["has_more"]:
            open_ = await visit.api.get("/v1/reservations", limit=MOST, **{"from": now.isoformat()})
        coming = sorted((one for one in open_["data"] if is_coming(one, now)), key=lambda one: str(one["pickup_start"]))
    if same := visit.unchanged(coming, past):
        return same
    return visit.page(
        "customers/reservations.html",
        coming=coming,
        waiting=waiting,
        past=[one for one in past["data"] if not is_coming(one, now)],
        answer=past,
        form=Form(),
    )


def is_coming(one: Mapping[str, Any], now: datetime) -> bool:
    """Return whether a reservation is still to be collected."""
    return one["status"] in RUNNING and datetime.fromisoformat(one["pickup_end"]) > now


async def reservation(visit: Visit) -> Response:
    """Return the page of a reservation: its pass, how to pay for it, or what became of it.

    Whoever comes back from paying for a gift goes on to its page.
    """
    answer = await visit.api.sends("GET", _path(visit))
    if answer.status_code == 404 and visit.session is not None and visit.session.role == "customer":
        id_ = visit.parameters["reservation_id"]
        if (await visit.api.sends("GET", f"/v1/suspended-lots/{id_}")).is_success:
            return visit.to(f"/gifts/{id_}", **({"paid": visit.query["paid"]} if "paid" in visit.query else {}))
    if not answer.is_success:
        raise Refused(answer)
    found = answer.json()
    if found["shop"] is None:
        raise ReservationNotFound  # one of a shop where the person works
    now = datetime.now(UTC)
    moments = [found[name] for name in ("hold_until", "free_cancellation_until", "pickup_start", "pickup_end")]
    if same := visit.unchanged(found, [at and datetime.fromisoformat(at) > now for at in moments]):
        return same
    return await reservation_page(visit, found, Form())


async def reservation_page(visit: Visit, found: Mapping[str, Any], form: Form, status: int = 200) -> Response:
    """Return the page of a reservation. form: what was refused, if something was."""
    now = datetime.now(UTC)
    held = None
    if found["status"] == "confirmed" and is_coming(found, now):
        held = await visit.api.get(f"{_path(visit)}/pass")
    food = found["food"]
    until = found["free_cancellation_until"]
    begun = datetime.fromisoformat(found["pickup_start"]) <= now  # before that there is nothing to report
    page = visit.page(
        "customers/reservation.html",
        status,
        one=found,
        held=held,
        qr=drawn(held["qr"]) if held else None,
        food=food,
        allergens=[str(one) for one in Allergen if food and one in food["allergens"]],
        form=form,
        coming=is_coming(found, now),
        in_time=until is not None and datetime.fromisoformat(until) > now,
        on_hold=found["status"] == "held" and datetime.fromisoformat(found["hold_until"]) > now,
        paying="paid" in visit.query and found["status"] == "held",
        reported=begun and found["problem_report_id"] is not None,
        begun=begun,
    )
    if held is not None and not is_station(visit.request):
        page.headers["Kept-Until"] = str(found["pickup_end"])  # the browser may show it without a network until then
        day = Amounts(visit.t, now).day(found["pickup_start"], found["shop"]["time_zone"])
        page.headers["Kept-As"] = quote(f"{found['title']}, {day}"[:200])  # how the page without a network lists it
    return page


async def cancel(visit: Visit) -> Response:
    """Cancel a reservation."""
    return await _does(visit, "POST", "cancel", "reservation_cancelled")


async def renew(visit: Visit) -> Response:
    """Replace the pass by one with a new code and PIN."""
    return await _does(visit, "POST", "pass", "pass_renewed")


async def take_back(visit: Visit) -> Response:
    """Take back a pass that was handed over."""
    return await _does(visit, "DELETE", "handed-pass", "pass_taken_back")


async def _does(visit: Visit, method: str, what: str, done: str) -> Response:
    form = await visit.form()
    key = {"idempotency-key": form.key_for(what)} if method == "POST" else None
    answer = await visit.api.sends(method, f"{_path(visit)}/{what}", headers=key)
    if answer.status_code == 409:
        return await reservation_page(
            visit, await visit.api.get(_path(visit)), form.refused(Refused(answer), ()), answer.status_code
        )
    if not answer.is_success:
        raise Refused(answer)
    return visit.to(f"/reservations/{visit.parameters['reservation_id']}", done)


async def hand(visit: Visit) -> Response:
    """Hand the pass over, and show the link: it is shown here only, and again if the form is sent twice."""
    form = await visit.form()
    found = await visit.api.get(_path(visit))
    try:
        handed = await visit.api.post(f"{_path(visit)}/handed-pass", key=form.key_for("hand"))
    except Refused as refusal:
        if refusal.status != 409:
            raise
        return await reservation_page(visit, found, form.refused(refusal, ()), refusal.status)
    words = visit.t("reservations.hand_message", title=found["title"], shop=found["shop"]["name"])
    mail = f"mailto:?subject={quote(found['title'])}&body={quote(words + chr(10) + handed['link'])}"
    return visit.page("customers/handed.html", one=found, handed=handed, words=words, mail=mail)


async def printed(visit: Visit) -> Response:
    """Return the pass to print, as PDF."""
    return await _pdf(visit, "pass")


async def receipt(visit: Visit) -> Response:
    """Return the receipt of what was paid, as PDF. Its link is never beside a pass: who sees one learns no price."""
    return await _pdf(visit, "receipt")


async def _pdf(visit: Visit, what: str) -> Response:
    answer = await visit.api.sends("GET", f"{_path(visit)}/{what}.pdf")
    if not answer.is_success:
        raise Refused(answer)
    kept: Sequence[str] = ("content-disposition", "content-type")
    return Response(answer.content, headers={name: answer.headers[name] for name in kept})


def _path(visit: Visit) -> str:
    return f"/v1/reservations/{visit.parameters['reservation_id']}"


_ONE = "/reservations/{reservation_id:uuid}"

routes: list[BaseRoute] = [
    route("/reservations", reservations, needs="person", roles=EATERS),
    route(_ONE, reservation, needs="person"),
    route(f"{_ONE}/cancel", cancel, ["POST"], needs="person"),
    route(f"{_ONE}/new-pass", renew, ["POST"], needs="person"),
    route(f"{_ONE}/hand", hand, ["POST"], needs="person"),
    route(f"{_ONE}/take-back", take_back, ["POST"], needs="person"),
    route(f"{_ONE}/pass.pdf", printed, needs="person"),
    route(f"{_ONE}/receipt.pdf", receipt, needs="person"),
]
