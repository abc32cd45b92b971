"""Add, remove and test chat hooks."""

from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.chat_hooks import queries
from backend.chat_hooks.models import SEALED_ADDRESS
from backend.chat_hooks.schemas import ChatHookIn, ChatHookOut
from backend.database.sessions import call
from backend.sealing.own_keys import seal_text

SHOWN_CHARACTERS = 4


async def add_chat_hook(session: AsyncSession, wanted: ChatHookIn) -> ChatHookOut:
    """Add a chat hook with its address sealed. The database raises NotAllowed, WhichAssociation, TooManyChatHooks."""
    address = seal_text(SEALED_ADDRESS, wanted.url)
    added: UUID = await call(
        session,
        "add_chat_hook",
        hook_name=wanted.name,
        hook_kind=wanted.kind,
        hook_events=sorted(set(wanted.events)),
        hook_language=wanted.language,
        hook_host=urlsplit(wanted.url).hostname,
        hook_ends_with=wanted.url[-SHOWN_CHARACTERS:],
        hook_key=address.key_id,
        hook_sealed=address.sealed,
        hook_wrapped=address.wrapped,
        hook_master_key=address.master_key,
    )
    return await queries.chat_hook(session, added)


async def remove_chat_hook(session: AsyncSession, hook_id: UUID) -> None:
    """Remove a chat hook. The database raises NotAllowed, WhichAssociation, ChatHookNotFound."""
    await call(session, "remove_chat_hook", hook=hook_id)


async def test_chat_hook(session: AsyncSession, hook_id: UUID) -> None:
    """Queue a test message. The database raises NotAllowed, WhichAssociation, ChatHookNotFound."""
    await call(session, "test_chat_hook", hook=hook_id)
