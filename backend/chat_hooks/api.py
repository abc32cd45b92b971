"""Chat hooks over HTTP: owners of an association keep its own, admins the platform's."""

from uuid import UUID

import limits
from fastapi import Request

from backend.associations.problems import WHICH
from backend.chat_hooks import actions, queries
from backend.chat_hooks.problems import ChatHookNotFound, TooManyChatHooks
from backend.chat_hooks.schemas import ChatHookIn, ChatHookOut, ChatHooks
from backend.database.sessions import AsEnroller, caller_in
from backend.http.idempotency import OnceDep
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.problems.problem import may_answer

router = Router(tags=["collections"])

TESTED = limits.parse("20/hour")


@router.get("/chat-hooks", responses=may_answer(*WHICH))
async def list_chat_hooks(session: AsEnroller) -> ChatHooks:
    """List the chats that collections are announced in: those of an association that you own, or the platform's."""
    return await queries.chat_hooks(session)


@router.post("/chat-hooks", status_code=201, responses=may_answer(*WHICH, TooManyChatHooks))
async def add_chat_hook(wanted: ChatHookIn, session: AsEnroller, once: OnceDep) -> ChatHookOut:
    """Announce collections in a chat: Slack (an incoming webhook) or Teams (a webhook of a Workflow).

    Messages name the shop, the quantity and the window, and link to EcoPanier. They name no person. The address is a
    secret: it is kept sealed and never shown again.
    """
    return await once(session, actions.add_chat_hook(session, wanted), 201)


@router.delete("/chat-hooks/{hook_id}", status_code=204, responses=may_answer(*WHICH, ChatHookNotFound))
async def remove_chat_hook(hook_id: UUID, session: AsEnroller) -> None:
    """Announce nothing in a chat any more. Its address is erased."""
    await actions.remove_chat_hook(session, hook_id)


@router.post("/chat-hooks/{hook_id}/test", status_code=204, responses=may_answer(*WHICH, ChatHookNotFound))
async def test_chat_hook(hook_id: UUID, request: Request, session: AsEnroller) -> None:
    """Post a test message in a chat. Whether it got through stands in `posted_at` or `problem` a moment later.

    A chat that was switched off is switched on again by a test that gets through.
    """
    await spend(request.scope, "chat-hook-tests", TESTED, str(caller_in(session)))
    await actions.test_chat_hook(session, hook_id)
