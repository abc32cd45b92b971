"""What enters and leaves about beneficiaries. A person's data leave to the association that enrolled them, only."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from backend.bodies import In, Out

BENEFICIARY = "01980c5e-8d4e-7b02-a3c9-6e1f54d20b77"
IMPORT = "01980c5e-9a61-7f3d-b2c8-15d3e0a7c944"
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


class LineError(Out):
    """What is wrong with a line; never what stood in it."""

    field: str = Field(
        description="A field of a beneficiary, or `line` for what concerns all of it.", examples=["birth_date"]
    )
    code: str = Field(examples=["year_of_two_digits"])
    message: str = Field(examples=["Écrivez l'année en entier : 31/03/1990."])


class LineOutcome(Out):
    """What came of one line. Id and code where you enrolled this person, now or earlier."""

    line: int = Field(description="Counted in the file as it was sent; the first is 1.", examples=[2])
    outcome: Literal["enrolled", "already_enrolled", "refused"] = Field(examples=["enrolled"])
    id: UUID | None = Field(default=None, examples=[BENEFICIARY])
    code: str | None = Field(default=None, examples=["2026-BEN-00042"])
    activation_token: str | None = Field(
        default=None,
        description="For `POST /auth/activate`; valid for 30 days, shown this once.",
        examples=["kQ2v7Jd8mWq0pX4sZr1tYb6nLc3hGf9aEe5uTi2oRwA"],
    )
    errors: list[LineError] | None = None


class _Counts(Out):
    lines: int = Field(description="Lines with something in them, without the header.", examples=[412])
    enrolled: int = Field(examples=[405])
    already_enrolled: int = Field(examples=[5])
    refused: int = Field(examples=[2])


class ImportedOut(_Counts):
    """What came of a file: one outcome a line. What does not apply to a line is left out of its outcome."""

    import_id: UUID = Field(examples=[IMPORT])
    outcomes: list[LineOutcome]


class ImportOut(_Counts):
    """How far an import is. `interrupted`: whatever was doing it died; the same file sent again finishes it."""

    id: UUID = Field(examples=[IMPORT])
    status: Literal["running", "done", "failed", "interrupted"] = Field(examples=["running"])
    begun_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])
    ended_at: datetime | None = Field(examples=[None])
