"""Response bodies of papers."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from backend.http.schemas import Out

DocumentKind = Literal["statement", "invoice", "credit_note", "year"]
_CENTS: dict[str, Any] = {"description": "In euro cents; null where the paper has no such sum.", "examples": [1234]}


class DocumentOut(Out):
    """A paper of a shop, which does not change any more."""

    id: UUID = Field(
        description="For `GET /documents/{document_id}.pdf`.", examples=["01980c5e-8d10-7a53-b7f4-2f0d7c1e9a11"]
    )
    kind: DocumentKind = Field(
        description="`statement`: a month's totals by closed lot; `year`: what we declare of it to the tax office.",
        examples=["invoice"],
    )
    number: str | None = Field(description="Of an invoice or a credit note.", examples=["F2026-000042"])
    first_day: date = Field(examples=["2026-11-01"])
    last_day: date = Field(examples=["2026-11-30"])
    net_cents: int | None = Field(**_CENTS)
    vat_cents: int | None = Field(**_CENTS)
    gross_cents: int | None = Field(**_CENTS)
    original_id: UUID | None = Field(description="The invoice that a credit note is for.", examples=[None])
    issued_at: datetime = Field(examples=["2026-12-01T06:33:00Z"])
    sha256: str = Field(
        description="Of the PDF, in hexadecimal digits.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    bytes: int = Field(description="Of the PDF.", examples=[42912])
    formats: list[Literal["pdf", "csv"]] = Field(examples=[["pdf"]])
