"""The chats at Slack and Teams where an association's collections are announced, or all of them for the platform."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.chat_hooks.schemas import ChatHookIn
from backend.pages.admins.desk import ROLES
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.operators.desk import Desk, Opens, of_admin, of_owner
from backend.pages.visit import Visit, route

FIELDS = ("name", "kind", "url", "events")


async def _shown(desk: Desk, form: Form, status: int = 200) -> Response:
    found = await desk.get("/v1/chat-hooks")
    return desk.page(
        "chats.html",
        desk.collections,
        status,
        board=desk,
        form=form,
        found=found["data"],
        rules=constraints(ChatHookIn),
    )


def _routes(root: str, opens: Opens, **who: Any) -> list[BaseRoute]:
    async def chats(visit: Visit) -> Response:
        """List the chats; add one."""
        desk = await opens(visit, root)
        if not visit.posted:
            return await _shown(desk, Form())
        form = await visit.form("events")
        wanted = {name: form.value(name) for name in FIELDS}
        wanted["language"] = "fr" if visit.t.language == "fr" else "en"
        try:
            await desk.post("/v1/chat-hooks", form, wanted)
        except Refused as refusal:
            if refusal.status not in (409, 422):
                raise
            # The address is a secret: it is not written into a page.
            typed = {name: value for name, value in form.typed.items() if name != "url"}
            wrong = form.refused(refusal, FIELDS)
            return await _shown(desk, Form(typed, wrong.errors, wrong.problem, form.key), refusal.status)
        return desk.to("saved")

    async def test(visit: Visit) -> Response:
        """Post a test message in a chat."""
        desk, form = await opens(visit, root), await visit.form()
        await desk.post(f"/v1/chat-hooks/{visit.parameters['id']}/test", form)
        return desk.to("chat_tested")

    async def remove(visit: Visit) -> Response:
        """Remove a chat."""
        desk = await opens(visit, root)
        await desk.sends("DELETE", f"/v1/chat-hooks/{visit.parameters['id']}")
        return desk.to("chat_removed")

    return [
        route(root, chats, ["GET", "POST"], needs="person", **who),
        route(f"{root}/{{id:uuid}}/test", test, ["POST"], needs="person", **who),
        route(f"{root}/{{id:uuid}}/remove", remove, ["POST"], needs="person", **who),
    ]


routes: list[BaseRoute] = [
    *_routes("/association/chats", of_owner),
    *_routes("/admin/chats", of_admin, roles=ROLES),
]
