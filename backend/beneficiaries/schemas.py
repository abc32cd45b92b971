"""What enters and leaves about beneficiaries. A person's data leave to the association that enrolled them, only."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from backend.bodies import In, Out

BENEFICIARY = "01980c5e-8d4e-7b02-a3c9-6e1f54d20b77"
BeneficiaryStatus = Literal["pending", "verified", "suspended"]

_NAME: dict[str, Any] = {"min_length": 1, "max_length": 100}
_UNTIL: dict[str, Any] = {"description": "The last day of the right, Paris time.", "examples": ["2027-06-30"]}


class BeneficiaryIn(In):
    """A person to enrol, whose situation the association has verified."""

    first_name: str = Field(**_NAME, examples=["Amina"])
    last_name: str = Field(**_NAME, examples=["Diallo"])
    birth_date: date = Field(ge=date(1900, 1, 1), examples=["1987-04-12"])
    household_size: int | None = Field(default=None, ge=1, le=30, examples=[3])
    eligible_until: date = Field(**_UNTIL)
    email: str | None = Field(
        default=None, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$", examples=["amina@example.org"]
    )
    phone: str | None = Field(default=None, pattern=r"^\+?[0-9][0-9 .()-]{4,24}$", examples=["+33 6 12 34 56 78"])


class RenewalIn(In):
    """Until when a right is renewed."""

    eligible_until: date = Field(**_UNTIL)


class EnrolledOut(Out):
    """A code, and the token with which its person chooses a password. The token is shown this once."""

    id: UUID = Field(examples=[BENEFICIARY])
    code: str = Field(examples=["2026-BEN-00042"])
    status: BeneficiaryStatus = Field(examples=["pending"])
    eligible_until: date = Field(examples=["2027-06-30"])
    activation_token: str = Field(
        description="For `POST /auth/activate`; valid for 30 days.",
        examples=["kQ2v7Jd8mWq0pX4sZr1tYb6nLc3hGf9aEe5uTi2oRwA"],
    )


class PersonOut(Out):
    """Who a beneficiary is."""

    first_name: str = Field(examples=["Amina"])
    last_name: str = Field(examples=["Diallo"])
    birth_date: date = Field(examples=["1987-04-12"])
    household_size: int | None = Field(examples=[3])
    email: str | None = Field(examples=["amina@example.org"])
    phone: str | None = Field(examples=["+33 6 12 34 56 78"])


class BeneficiaryOut(Out):
    """A code and a right; the person only for the association that enrolled them."""

    id: UUID = Field(examples=[BENEFICIARY])
    code: str = Field(examples=["2026-BEN-00042"])
    status: BeneficiaryStatus = Field(examples=["verified"])
    eligible_until: date = Field(examples=["2027-06-30"])
    created_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])
    person: PersonOut | None = Field(
        description="null for anyone but the association that enrolled them, and in answers to decisions."
    )
