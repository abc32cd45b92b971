"""Queries for the caller's consents, under row-level security."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.accounts.models import Consent
from backend.database.sessions import caller_in
from backend.privacy.schemas import ConsentOut, ConsentsOut
from backend.terms.models import TermsAsked

PURPOSES = ("terms", "notifications", "diet")


async def own_consents(session: AsyncSession) -> ConsentsOut:
    """Return the current state of the caller's consents."""
    caller = caller_in(session)
    current = (await session.execute(select(*(func.app.consent_version(purpose) for purpose in PURPOSES)))).one()
    history = (
        (await session.execute(select(Consent).where(col(Consent.account_id) == caller).order_by(col(Consent.id))))
        .scalars()
        .all()
    )
    asked = await session.get(TermsAsked, (caller, current[0]))
    return ConsentsOut.model_validate(
        {
            purpose: _standing(
                version,
                [c for c in history if c.purpose == purpose],
                asked.asked_at if asked is not None and purpose == "terms" else None,
            )
            for purpose, version in zip(PURPOSES, current, strict=True)
        }
    )


def _standing(current: str, history: list[Consent], asked_at: datetime | None) -> ConsentOut:
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
        asked_at=asked_at,
    )
