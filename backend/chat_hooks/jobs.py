"""The job of chat hooks: it posts one message to one chat."""

from uuid import UUID

import structlog
from pydantic_core import from_json, to_json

from backend.chat_hooks.messages import message
from backend.chat_hooks.models import SEALED_ADDRESS
from backend.http.public_addresses import NotTaken, PublicHttps
from backend.job_context import Work
from backend.mail.links import HOME, LINKS
from backend.sealing.own_keys import SealedText, open_text

log = structlog.get_logger("ecopanier.chat_hooks")

OUTGOING = PublicHttps()


class ChatNotPosted(Exception):
    """Raised when a message did not get through and is tried again. The message says why, never where."""


async def post(work: Work, hook_id: UUID, event: str, collection_id: UUID | None, told: dict[str, str | None]) -> None:
    """Post a message, and keep whether it got through. Raises ChatNotPosted; a test is not tried again.

    No transaction is open while the chat answers. If it took the message and its answer was lost, it gets it twice:
    neither Slack nor Teams can tell two messages from one.
    """
    found = await work.acts.rows("chat_to_post", hook=hook_id, about=collection_id)
    if not found:
        return
    [hook] = found
    kept = SealedText(hook["key_id"], hook["sealed"], hook["wrapped"], hook["master_key"])
    url = open_text(SEALED_ADDRESS, kept)
    facts = None if hook["facts"] is None else from_json(hook["facts"])
    page = HOME.path if collection_id is None else LINKS["collection_asked"].path.format(collection_id=collection_id)
    link = work.settings.public_url.rstrip("/") + page
    body = to_json(message(hook["kind"], event, hook["language"], facts, told, link))
    failed = None
    try:
        await OUTGOING.post(url, body, {"Content-Type": "application/json"})
    except NotTaken as reason:
        failed = reason.why
        log.warning("chat_hooks.not_posted", hook=str(hook_id), why=failed)
    again = await work.acts.value("chat_posted", hook=hook_id, failed=failed)
    if again and event != "test":
        raise ChatNotPosted(failed)
