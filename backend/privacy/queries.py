"""Queries for the caller's consents, under row-level security."""

from typing import Any, get_args

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.accounts.models import Consent
from backend.accounts.terms import CurrentTerms
from backend.database.sessions import caller_in
from backend.privacy.schemas import ConsentOut, ConsentsOut, CurrentNotifications

CURRENT = {"terms": get_args(CurrentTerms)[0], "notifications": get_args(CurrentNotifications)[0]}


async def own_consents(session: AsyncSession) -> ConsentsOut:
    """Return the current state of the caller's consents."""
    history = (
        (
            await session.execute(
                select(Consent).where(col(Consent.account_id) == caller_in(session)).order_by(col(Consent.id))
            )
        )
        .scalars()
        .all()
    )
    return ConsentsOut.model_validate(
        {
            purpose: _standing(version, [c for c in history if c.purpose == purpose])
            for purpose, version in CURRENT.items()
        }
    )


def _standing(current: str, history: list[Consent]) -> ConsentOut:
    last = history[-1] if history else None
    status: Any = "missing"
    if last is not None:
        status = "withdrawn" if not last.given else "given" if last.version == current else "outdated"
    return ConsentOut(
        status=status,
        current_version=current,
        version=last.version if last else None,
        given_at=next((consent.at for consent in reversed(history) if consent.given), None),
        withdrawn_at=last.at if last and not last.given else None,
    )
