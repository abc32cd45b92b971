"""Request and response bodies for consents and erasure."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from backend.http.schemas import In, Out, if_sent
from backend.terms.schemas import Version


class TermsIn(In):
    """Consent to the current version of the terms of use."""

    version: Version = Field(description="The version that you have read.")
    given: bool = Field(description="To withdraw from the terms, erase your account instead.", examples=[True])


class NotificationsIn(In):
    """Consent to optional mails: reminders, offers from waiting lists, news about your gifts."""

    version: Version = Field(description="The version that you have read.")
    given: bool = Field(examples=[False])


class DietConsentIn(In):
    """Consent to keeping your diet, which is health data. Withdrawing it erases the diet."""

    version: Version = Field(description="The version that you have read.", examples=["2026-11"])
    given: bool = Field(examples=[True])


class ConsentsIn(In):
    """The consents to give or withdraw. Those left out stay as they are."""

    terms: TermsIn = if_sent(examples=[{"version": "2026-01", "given": True}])
    notifications: NotificationsIn = if_sent(examples=[{"version": "2026-01", "given": False}])
    diet: DietConsentIn = if_sent(examples=[{"version": "2026-11", "given": True}])


class ConsentOut(Out):
    """The current state of one consent."""

    status: Literal["given", "withdrawn", "outdated", "missing"] = Field(
        description="`outdated`: given to an earlier version. `missing`: neither given nor withdrawn so far. Optional "
        "mails are sent unless consent to them is withdrawn.",
        examples=["given"],
    )
    current_version: str = Field(examples=["2026-01"])
    version: str | None = Field(description="The version last consented to, or withdrawn from.", examples=["2026-01"])
    given_at: datetime | None = Field(description="When consent was last given.")
    withdrawn_at: datetime | None = Field(description="When consent was withdrawn; null unless it is withdrawn now.")
    asked_at: datetime | None = Field(description="When you were first asked to agree to the current version, if so.")


class ConsentsOut(Out):
    """All consents of your account."""

    terms: ConsentOut
    notifications: ConsentOut
    diet: ConsentOut


class ErasureIn(In):
    """The confirmation that you want to erase your account."""

    password: Annotated[
        str,
        StringConstraints(strip_whitespace=False, max_length=1000),
        Field(
            description="Your password, if your account has one.",
            examples=["un vélo bleu sous la pluie"],
            json_schema_extra={"format": "password", "writeOnly": True},
            repr=False,
        ),
    ]
