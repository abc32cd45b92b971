"""Reads of the versions of texts, which anybody may see."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.problems.texts import Language
from backend.terms.models import TextVersion
from backend.terms.problems import TextNotFound
from backend.terms.schemas import Kind, TextOut, TextsOut, TextVersionsOut, VersionOut
from backend.terms.texts import text_of


async def texts(session: AsyncSession) -> TextsOut:
    """Return every text with its versions, newest first."""
    rows = (
        await session.execute(
            select(TextVersion, func.app.consent_version(col(TextVersion.kind))).order_by(
                col(TextVersion.kind), col(TextVersion.since).desc()
            )
        )
    ).all()
    found: dict[str, TextVersionsOut] = {}
    for row, current in rows:
        text = found.setdefault(
            row.kind, TextVersionsOut.model_validate({"kind": row.kind, "current_version": current, "versions": []})
        )
        text.versions.append(VersionOut(version=row.version, since=row.since))
    return TextsOut(items=list(found.values()))


async def text(session: AsyncSession, kind: Kind, version: str, language: Language) -> TextOut:
    """Return one version of a text. Raises TextNotFound."""
    row = await session.get(TextVersion, (kind, version))
    written = text_of(kind, version, language) if row is not None else None
    if row is None or written is None:
        raise TextNotFound
    return TextOut(
        kind=kind,
        version=version,
        since=row.since,
        language=language,
        title=written.title,
        markdown=written.markdown,
    )
