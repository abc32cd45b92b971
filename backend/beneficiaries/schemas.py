"""The requests and answers of beneficiaries. Only the association that enrolled a person gets their data."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from backend.accounts.addresses import EmailAddress
from backend.associations.schemas import AgreementOut
from backend.http.schemas import In, Out, if_sent

BENEFICIARY = "01980c5e-8d4e-7b02-a3c9-6e1f54d20b77"
IMPORT = "01980c5e-9a61-7f3d-b2c8-15d3e0a7c944"
TRANSFER = "01980c5e-9f02-7a4e-8d17-2b6c0e9f3a58"
TransferStatus = Literal["pending", "accepted", "declined", "withdrawn"]
BeneficiaryStatus = Literal["pending", "verified", "suspended"]
CardState = Literal["active", "revoked"] | None

_NAME: dict[str, Any] = {"min_length": 1, "max_length": 100}
_UNTIL: dict[str, Any] = {
    "description": "The last day of the right, where the association is; in Paris if there is none.",
    "examples": ["2027-06-30"],
}


_FIRST_NAME: dict[str, Any] = {**_NAME, "examples": ["Amina"]}
_LAST_NAME: dict[str, Any] = {**_NAME, "examples": ["Diallo"]}
_BIRTH_DATE: dict[str, Any] = {"ge": date(1900, 1, 1), "examples": ["1987-04-12"]}
_HOUSEHOLD: dict[str, Any] = {"default": None, "ge": 1, "le": 30, "examples": [3]}
_PHONE: dict[str, Any] = {
    "default": None,
    "pattern": r"^\+?[0-9][0-9 .()-]{4,24}$",
    "examples": ["+33 6 12 34 56 78"],
}
_TRANSFER_TO: dict[str, Any] = {
    "description": "The association that a transfer leads to which was asked for; null if none was.",
    "examples": [None],
}
_CARD: dict[str, Any] = {
    "description": "The state of their newest card for kiosks; null if they have none.",
    "examples": ["active"],
}
_CARD_MADE_AT: dict[str, Any] = {"examples": ["2026-11-02T09:00:00Z"]}


class BeneficiaryIn(In):
    """A person to enrol, whose situation the association has verified."""

    first_name: str = Field(**_FIRST_NAME)
    last_name: str = Field(**_LAST_NAME)
    birth_date: date = Field(**_BIRTH_DATE)
    household_size: int | None = Field(**_HOUSEHOLD)
    eligible_until: date = Field(**_UNTIL)
    email: EmailAddress | None = None
    phone: str | None = Field(**_PHONE)


class PersonEdit(In):
    """The data of a person to correct; fields that are not sent stay as they are."""

    first_name: str = if_sent(**_FIRST_NAME)
    last_name: str = if_sent(**_LAST_NAME)
    birth_date: date = if_sent(**_BIRTH_DATE)
    household_size: int | None = Field(**_HOUSEHOLD)
    email: EmailAddress | None = None
    phone: str | None = Field(**_PHONE)


class PersonSought(In):
    """The person whom an association looks for among its own people."""

    first_name: str = Field(**_FIRST_NAME)
    last_name: str = Field(**_LAST_NAME)
    birth_date: date = Field(**_BIRTH_DATE)


class TransferIn(In):
    """The association that is to receive a beneficiary."""

    association_id: UUID = Field(
        description="A verified association, from `GET /associations`.",
        examples=["01980c5e-5b77-7e90-8c1d-43a0b2f9d6e8"],
    )


class RenewalIn(In):
    """The new last day of a right."""

    eligible_until: date = Field(**_UNTIL)


class EnrolledOut(Out):
    """A beneficiary code, and the token with which the person chooses a password."""

    id: UUID = Field(examples=[BENEFICIARY])
    code: str = Field(examples=["2026-BEN-00042"])
    status: BeneficiaryStatus = Field(examples=["pending"])
    eligible_until: date = Field(examples=["2027-06-30"])
    activation_token: str = Field(
        description="For `POST /auth/activate` or the page `/activate/<token>`; valid for 30 days.",
        examples=["kQ2v7Jd8mWq0pX4sZr1tYb6nLc3hGf9aEe5uTi2oRwA"],
    )


class PersonOut(Out):
    """The personal data of a beneficiary."""

    first_name: str = Field(examples=["Amina"])
    last_name: str = Field(examples=["Diallo"])
    birth_date: date = Field(examples=["1987-04-12"])
    household_size: int | None = Field(examples=[3])
    email: str | None = Field(examples=["amina@example.org"])
    phone: str | None = Field(examples=["+33 6 12 34 56 78"])


class BeneficiaryOut(Out):
    """A beneficiary's code and right, with the person only for the association that enrolled them."""

    id: UUID = Field(examples=[BENEFICIARY])
    code: str = Field(examples=["2026-BEN-00042"])
    status: BeneficiaryStatus = Field(examples=["verified"])
    eligible_until: date = Field(examples=["2027-06-30"])
    created_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])
    person: PersonOut | None = Field(
        description="null for everybody but the association that enrolled them, and in answers to decisions."
    )


class BeneficiaryRead(BeneficiaryOut):
    """A beneficiary with the state of their card and the transfer that was asked for."""

    card: CardState = Field(**_CARD)
    card_made_at: datetime | None = Field(**_CARD_MADE_AT)
    transfer_to: str | None = Field(**_TRANSFER_TO)
    transfer_asked_at: datetime | None = Field(examples=[None])


class ActivationOut(Out):
    """A new token with which a beneficiary chooses a password. It is shown only once."""

    activation_token: str = Field(
        description="For `POST /auth/activate` or the page `/activate/<token>`.",
        examples=["kQ2v7Jd8mWq0pX4sZr1tYb6nLc3hGf9aEe5uTi2oRwA"],
    )
    expires_at: datetime = Field(examples=["2026-12-22T09:12:44Z"])


class TransferOut(Out):
    """The transfer of a beneficiary from one association to another. It shows their code, never their name."""

    id: UUID = Field(examples=[TRANSFER])
    beneficiary_id: UUID = Field(examples=[BENEFICIARY])
    code: str = Field(examples=["2026-BEN-00042"])
    eligible_until: date | None = Field(
        description="null unless the transfer is pending or the beneficiary is yours.", examples=["2027-06-30"]
    )
    from_association_id: UUID | None = Field(
        description="null when an admin enrolled the person.", examples=["01980c5e-5b77-7e90-8c1d-43a0b2f9d6e8"]
    )
    from_association: str | None = Field(examples=["Le Relais"])
    to_association_id: UUID = Field(examples=["01980c5e-6f10-7d21-9b3e-0c5a7e2f4b16"])
    to_association: str = Field(examples=["Les Paniers du Port"])
    status: TransferStatus = Field(examples=["pending"])
    waits_for: Literal["receiver", "giver", "admin"] | None = Field(
        description="Who answers: the association that is to receive the person (`receiver`), the one that has them "
        "(`giver`), or an admin other than the one who asked. null unless pending.",
        examples=["receiver"],
    )
    asked_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])
    ended_at: datetime | None = Field(examples=[None])


class LineError(Out):
    """A mistake in a line. It never repeats what the line contained."""

    field: str = Field(description="A field of a beneficiary, or `line` for the whole line.", examples=["birth_date"])
    code: str = Field(examples=["year_of_two_digits"])
    message: str = Field(examples=["Écrivez l'année en entier : 31/03/1990."])


class LineOutcome(Out):
    """The outcome of one line, with id and code if you enrolled this person, now or earlier."""

    line: int = Field(description="The line number in the file; the first is 1.", examples=[2])
    outcome: Literal["enrolled", "already_enrolled", "refused"] = Field(examples=["enrolled"])
    id: UUID | None = Field(default=None, examples=[BENEFICIARY])
    code: str | None = Field(default=None, examples=["2026-BEN-00042"])
    activation_token: str | None = Field(
        default=None,
        description="For `POST /auth/activate` or the page `/activate/<token>`; valid for 30 days, and repeated until "
        "it is used.",
        examples=["kQ2v7Jd8mWq0pX4sZr1tYb6nLc3hGf9aEe5uTi2oRwA"],
    )
    errors: list[LineError] | None = Field(default=None, description="Why the line was refused.")
    warnings: list[LineError] | None = Field(
        default=None,
        description="Optional cells (household size, e-mail address, telephone) that cannot be read. They are left out"
        " and refuse nobody.",
    )


class _Counts(Out):
    lines: int = Field(description="Lines that are not empty, without the header.", examples=[412])
    enrolled: int = Field(examples=[405])
    already_enrolled: int = Field(examples=[5])
    refused: int = Field(examples=[2])


class ImportedOut(_Counts):
    """The result of an import: one outcome a line. Fields that do not apply to a line are left out."""

    import_id: UUID = Field(examples=[IMPORT])
    outcomes: list[LineOutcome]


class ImportOut(_Counts):
    """The progress of an import. `interrupted`: its process died; send the same file again to finish it."""

    id: UUID = Field(examples=[IMPORT])
    status: Literal["running", "done", "failed", "interrupted"] = Field(examples=["running"])
    begun_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])
    ended_at: datetime | None = Field(examples=[None])


class AssociationToDo(Out):
    """The things that wait for the people of an association."""

    today: date = Field(description="Where the association is.", examples=["2026-11-29"])
    rights: list[BeneficiaryOut] = Field(
        description="Verified people whose right ends within 30 days or is over, the first to end first; at most 6."
    )
    rights_in_all: int = Field(description="How many such people there are.", examples=[11])
    pending: list[BeneficiaryOut] = Field(description="People to verify, in the order of enrolment; at most 6.")
    pending_in_all: int = Field(examples=[2])
    transfers: list[TransferOut] = Field(description="Pending transfers, newest first; at most 20.")
    imports: list[ImportOut] = Field(
        description="Those of your last 3 imports that are not done, or refused lines; newest first."
    )
    agreements: list[AgreementOut] = Field(description="Agreements that you proposed; newest first, at most 20.")


class OwnSupport(Out):
    """The association or admin that answers for the caller's right."""

    association: str | None = Field(description="null if an admin enrolled them.", examples=["Les Tables partagées"])
    phone: str | None = Field(description="Of the association.", examples=["+33388000001"])
    website: str | None = Field(description="Of the association.", examples=["https://tables-partagees.example"])
    transfer_to: str | None = Field(**_TRANSFER_TO)
    transfer_asked_at: datetime | None = Field(examples=[None])
    card: CardState = Field(**_CARD)
    card_made_at: datetime | None = Field(**_CARD_MADE_AT)
