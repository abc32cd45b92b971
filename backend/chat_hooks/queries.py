"""Reads of chat hooks, under row-level security."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.chat_hooks.models import ChatHook
from backend.chat_hooks.schemas import ChatHookOut, ChatHooks
from backend.database.sessions import call


def _shown() -> Select[Any]:
    # Columns are named because nobody may read the sealed address and its key.
    return select(*(getattr(ChatHook, name) for name in ChatHookOut.model_fields))


async def chat_hooks(session: AsyncSession) -> ChatHooks:
    """Return the chat hooks that the caller keeps. The database raises NotAllowed, WhichAssociation."""
    own = await call(session, "whose_chat_hooks")
    wanted = _shown().where(col(ChatHook.association_id).is_not_distinct_from(own)).order_by(col(ChatHook.id))
    return ChatHooks(data=[ChatHookOut.model_validate(row) for row in await session.execute(wanted)])


async def chat_hook(session: AsyncSession, hook_id: UUID) -> ChatHookOut:
    """Return one chat hook that the caller keeps."""
    return ChatHookOut.model_validate((await session.execute(_shown().where(col(ChatHook.id) == hook_id))).one())
