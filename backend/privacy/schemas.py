"""What enters and leaves around consents and erasure."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from backend.accounts.terms import CurrentTerms
from backend.http.schemas import In, Out, if_sent

# The one current version of what is said about mails that somebody may do without.
CurrentNotifications = Literal["2026-01"]


class TermsIn(In):
    """The terms of use, in their current version."""

    version: CurrentTerms = Field(description="The version that one has read.", examples=["2026-01"])
    given: bool = Field(description="The terms are withdrawn by erasing the account.", examples=[True])


class NotificationsIn(In):
    """Mails that one may do without: reminders, offers from waiting lists, news of what one gave."""

    version: CurrentNotifications = Field(description="The version that one has read.", examples=["2026-01"])
    given: bool = Field(examples=[False])


class ConsentsIn(In):
    """What to give or withdraw; what is left out stays as it is."""

    terms: TermsIn = if_sent(examples=[{"version": "2026-01", "given": True}])
    notifications: NotificationsIn = if_sent(examples=[{"version": "2026-01", "given": False}])


class ConsentOut(Out):
    """How one consent stands."""

    status: Literal["given", "withdrawn", "outdated", "missing"] = Field(
        description="`outdated`: given to an earlier version. `missing`: never asked for; mails that one may do "
        "without are sent until that consent is withdrawn.",
        examples=["given"],
    )
    current_version: str = Field(examples=["2026-01"])
    version: str | None = Field(description="The version that was agreed to, or withdrawn last.", examples=["2026-01"])
    given_at: datetime | None = Field(description="When it was given last.")
    withdrawn_at: datetime | None = Field(description="When it was withdrawn, if that is how it stands.")


class ConsentsOut(Out):
    """All consents of an account."""

    terms: ConsentOut
    notifications: ConsentOut


class ErasureIn(In):
    """The confirmation of who erases their account."""

    password: Annotated[
        str,
        StringConstraints(strip_whitespace=False, max_length=1000),
        Field(
            description="The account's password, where it has one.",
            examples=["un vélo bleu sous la pluie"],
            json_schema_extra={"format": "password", "writeOnly": True},
            repr=False,
        ),
    ]
