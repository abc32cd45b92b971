"""The texts that people read and agree to, as they are sent."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from backend.http.schemas import Out
from backend.problems.texts import Language

Kind = Literal["terms", "privacy", "notifications", "diet"]
Version = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d{2}$"),
    Field(description="A version as `GET /v1/terms` lists them.", examples=["2026-01"]),
]


class VersionOut(Out):
    """One version of a text."""

    version: str = Field(examples=["2026-01"])
    since: date = Field(description="The first day on which it is the current one.", examples=["2026-01-01"])


class TextVersionsOut(Out):
    """A text and its versions."""

    kind: Kind = Field(
        description="`terms` of use, `privacy` notice, optional mails (`notifications`), or your `diet`."
    )
    current_version: str = Field(examples=["2026-01"])
    versions: list[VersionOut] = Field(description="Newest first. A version that begins later is announced here.")


class TextsOut(Out):
    """All texts, with their versions."""

    items: list[TextVersionsOut]


class TextOut(VersionOut):
    """One version of a text, in full."""

    kind: Kind = Field(examples=["terms"])
    language: Language = Field(examples=["en"])
    title: str = Field(examples=["Terms of use"])
    markdown: str = Field(
        description="The text as Markdown (CommonMark), without its title.", examples=["Each account …"]
    )


class TermsToAcceptOut(Out):
    """A newer version of the terms, which you are asked to agree to."""

    version: str = Field(examples=["2026-01"])
    answer_by: datetime | None = Field(
        description="From then on you sign in only by agreeing; null where you are let in all the same."
    )
