"""Queries for papers, under row-level security."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.documents.models import Document
from backend.documents.problems import DocumentNotFound
from backend.documents.schemas import DocumentKind, DocumentOut

TABLES = ("statement", "year")
"""The kinds that are also read as CSV."""

# Not all columns: what a paper is for is nobody's to read.
_DOCUMENTS = select(
    col(Document.id),
    col(Document.kind),
    col(Document.number),
    col(Document.first_day),
    col(Document.last_day),
    col(Document.net_cents),
    col(Document.vat_cents),
    col(Document.gross_cents),
    col(Document.original_id),
    col(Document.issued_at),
    col(Document.sha256),
    col(Document.bytes),
)


@dataclass(frozen=True)
class Frozen:
    """A paper: its kind, what it is called as a file, its contents, and the hash of its PDF."""

    kind: str
    name: str
    contents: dict[str, Any]
    sha256: str


async def documents(
    session: AsyncSession, shop_id: UUID, kind: DocumentKind | None, before: UUID | None, limit: int
) -> list[DocumentOut]:
    """Return up to `limit + 1` papers of a shop that the caller may read, newest first."""
    wanted = _DOCUMENTS.where(col(Document.shop_id) == shop_id).order_by(col(Document.id).desc()).limit(limit + 1)
    if kind is not None:
        wanted = wanted.where(col(Document.kind) == kind)
    if before is not None:
        wanted = wanted.where(col(Document.id) < before)
    rows: Sequence[Any] = (await session.execute(wanted)).all()
    return [_out(row) for row in rows]


async def document(session: AsyncSession, document_id: UUID) -> Frozen:
    """Return a paper that the caller may read. Raises DocumentNotFound."""
    wanted = select(
        col(Document.kind),
        col(Document.number),
        col(Document.first_day),
        col(Document.contents),
        col(Document.sha256),
    ).where(col(Document.id) == document_id)
    row = (await session.execute(wanted)).one_or_none()
    if row is None or row.sha256 is None:
        raise DocumentNotFound
    return Frozen(row.kind, _name(row), row.contents, row.sha256)


def _name(row: Row[Any]) -> str:
    if row.number is not None:
        return f"{'facture' if row.kind == 'invoice' else 'avoir'}-{row.number}"
    return f"releve-{row.first_day:%Y-%m}" if row.kind == "statement" else f"declaration-{row.first_day:%Y}"


def _out(row: Row[Any]) -> DocumentOut:
    formats = ["pdf", "csv"] if row.kind in TABLES else ["pdf"]
    return DocumentOut.model_validate({**row._mapping, "formats": formats})
