"""The chats at Slack and Teams where an association's collections are announced."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.chat_hooks.schemas import ChatHookIn
from backend.pages.associations.house import House, house_of
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.visit import Visit, route
from backend.problems.common import NotAllowed

PAGE = "/association/chats"
FIELDS = ("name", "kind", "url", "events")


async def _house_of_owner(visit: Visit) -> House:
    house = await house_of(visit)
    if not house.owns:
        raise NotAllowed
    return house


async def chats(visit: Visit) -> Response:
    """List the chats; add one."""
    house = await _house_of_owner(visit)
    if not visit.posted:
        return await _chats_page(house, Form())
    form = await visit.form("events")
    wanted = {name: form.value(name) for name in FIELDS}
    wanted["language"] = "fr" if visit.t.language == "fr" else "en"
    try:
        await house.post("/v1/chat-hooks", form, wanted)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        # The address is a secret: it is not written into a page.
        typed = {name: value for name, value in form.typed.items() if name != "url"}
        wrong = form.refused(refusal, FIELDS)
        return await _chats_page(house, Form(typed, wrong.errors, wrong.problem, form.key), refusal.status)
    return house.to(PAGE, "saved")


async def _chats_page(house: House, form: Form, status: int = 200) -> Response:
    found = await house.get("/v1/chat-hooks")
    return house.page(
        "chats.html", "collections", status, form=form, found=found["data"], rules=constraints(ChatHookIn)
    )


async def test(visit: Visit) -> Response:
    """Post a test message in a chat."""
    house = await _house_of_owner(visit)
    form = await visit.form()
    await house.post(f"/v1/chat-hooks/{visit.parameters['id']}/test", form)
    return house.to(PAGE, "chat_tested")


async def remove(visit: Visit) -> Response:
    """Remove a chat."""
    house = await _house_of_owner(visit)
    await house.sends("DELETE", f"/v1/chat-hooks/{visit.parameters['id']}")
    return house.to(PAGE, "chat_removed")


routes: list[BaseRoute] = [
    route(PAGE, chats, ["GET", "POST"], needs="person"),
    route(f"{PAGE}/{{id:uuid}}/test", test, ["POST"], needs="person"),
    route(f"{PAGE}/{{id:uuid}}/remove", remove, ["POST"], needs="person"),
]
