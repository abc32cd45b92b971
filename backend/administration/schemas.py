"""The requests and answers of administration."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from backend.associations.schemas import Standing
from backend.http.schemas import In, Out, if_sent
from backend.identity.tokens import Role

ACCOUNT = "01980c5e-5b77-7e90-8c1d-43a0b2f9d6e8"


class DecisionIn(In):
    """A decision; it is kept with who took it and when."""

    decision: Literal["verified", "rejected"] = Field(examples=["verified"])
    reason: str | None = Field(
        default=None,
        min_length=1,
        max_length=500,
        description="Whom the decision concerns reads it in a mail.",
        examples=["Extrait Kbis vu le 20/11."],
    )


class ReasonIn(In):
    """The reason of a decision; it is kept with who decided and when."""

    reason: str = Field(min_length=1, max_length=500, examples=["Trois lots non conformes signalés."])


class AccountStanding(Out):
    """The state of an account: `active`, or `suspended` and unusable."""

    id: UUID = Field(examples=[ACCOUNT])
    status: Literal["active", "suspended"] = Field(examples=["suspended"])


class FactorResetOut(Out):
    """The reset of a second factor that an admin has begun."""

    account_id: UUID = Field(examples=[ACCOUNT])
    reset_at: datetime = Field(description="When the factor goes, unless its holder signs in with it before.")


class ShopFound(Out):
    """A shop of an account that was found."""

    id: UUID = Field(examples=["01980c5e-5b77-7e90-8c1d-43a0b2f9d6e8"])
    name: str = Field(examples=["Boulangerie du Marché"])
    siret: str | None = Field(examples=["73282932000074"])
    status: str = Field(examples=["verified"])


class AccountFound(Out):
    """An account. A beneficiary is shown by code alone, without name and address."""

    id: UUID = Field(description="For `POST /admin/accounts/{account_id}/suspend`.", examples=[ACCOUNT])
    role: Role = Field(examples=["merchant"])
    status: Literal["active", "suspended"] = Field(examples=["active"])
    status_reason: str | None = Field(description="Why it was suspended or restored.", examples=[None])
    display_name: str | None = Field(description="null for a beneficiary.", examples=["Sophie"])
    email: str | None = Field(description="null for a beneficiary.", examples=["sophie@example.org"])
    email_verified: bool = Field(examples=[True])
    code: str | None = Field(description="Of a beneficiary.", examples=[None])
    association: str | None = Field(description="The name of an association.", examples=[None])
    shops: list[ShopFound] = Field(description="Of a merchant.")
    created_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])


class AssociationOut(Out):
    """An association; its id is its account's."""

    id: UUID = Field(examples=[ACCOUNT])
    name: str = Field(examples=["Les Paniers du Faubourg"])
    email: str | None = Field(examples=["contact@example.org"])
    email_verified: bool = Field(examples=[True])
    rna: str | None = Field(examples=["W672001234"])
    siret: str | None = Field(examples=[None])
    number_missing: bool = Field(
        description="It gave neither RNA nor SIRET: decide by what else you know about it.", examples=[False]
    )
    address: str | None = Field(examples=["4 quai des Pêcheurs, 67000 Strasbourg"])
    insee_code: str | None = Field(examples=["67482"])
    status: Standing | Literal["closed"] = Field(
        description="`closed`: the association erased its account.", examples=["pending"]
    )
    created_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])
    etag: str = Field(description="For the If-Match header of the decision.", examples=['"r3"'])


class CollectorOut(Out):
    """A collector; the id is the account's."""

    id: UUID = Field(examples=[ACCOUNT])
    display_name: str = Field(examples=["Jules"])
    email: str | None = Field(examples=["jules@example.org"])
    email_verified: bool = Field(examples=[True])
    status: Standing = Field(examples=["pending"])
    created_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])


_PORTIONS: dict[str, Any] = {
    "description": "Free portions that a beneficiary can reserve a day.",
    "examples": [2],
}
_HOLD: dict[str, Any] = {"description": "Minutes before an unpaid reservation lapses.", "examples": [10]}
_CANCELLATION: dict[str, Any] = {
    "description": "Cancelling is free until so many minutes before the pickup window opens.",
    "examples": [120],
}
_MEAL: dict[str, Any] = {"description": "Grams of food that count as a meal.", "examples": [500]}
_DRAFTS: dict[str, Any] = {"description": "Drafts a day for which a shop can use the model.", "examples": [40]}
_OFFER: dict[str, Any] = {
    "description": "Minutes for which a portion that was given back is kept for the next person who waits.",
    "examples": [15],
}
_REMINDER: dict[str, Any] = {
    "description": "Minutes before the pickup window at which holders are reminded; 0: no reminders.",
    "examples": [120],
}
_GATHER: dict[str, Any] = {
    "description": "Minutes that a mail about new lots waits, so that it can say in one what else comes on offer.",
    "examples": [10],
}
_REPORT: dict[str, Any] = {
    "description": "Hours after a pickup, or after its window, within which its holder can report a problem.",
    "examples": [48],
}
_ANSWER: dict[str, Any] = {
    "description": "Hours that a shop has to answer a problem report, before admins decide. Reports that were made "
    "before a change keep theirs.",
    "examples": [72],
}
_COMMISSION: dict[str, Any] = {
    "description": "The platform's commission on a sale before VAT, in hundredths of a percent. A sale keeps what was "
    "set when it was paid.",
    "examples": [1000],
}
_LEAST_COMMISSION: dict[str, Any] = {
    "description": "The least commission on a sale before VAT, in cents, if it and its VAT are within the price.",
    "examples": [30],
}
_NO_SHOW_REFUND: dict[str, Any] = {
    "description": "The percentage of the price that is refunded to who did not collect; 0: nothing.",
    "examples": [0],
}
_HOUSEHOLD: dict[str, Any] = {
    "description": "People in a household beyond the first for one more free portion a day; 0: no extra portion.",
    "examples": [0],
}
_NO_SHOWS: dict[str, Any] = {
    "description": "Number of no-shows within 30 days that lowers the quota to one portion; 0: it is never lowered.",
    "examples": [0],
}
_CO2E: dict[str, Any] = {
    "description": "Grams of CO₂e that a meal saves, unless its category has a factor of its own. Impact entries "
    "that were written before a change keep their factor.",
    "examples": [900],
}


class SettingsIn(In):
    """The parameters to change, within their bounds; those that are not sent stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"free_portions_per_day": 2, "hold_minutes": 15}]})

    free_portions_per_day: int = if_sent(ge=1, le=10, **_PORTIONS)
    hold_minutes: int = if_sent(ge=1, le=60, **_HOLD)
    free_cancellation_minutes: int = if_sent(ge=0, le=2880, **_CANCELLATION)
    meal_grams: int = if_sent(ge=100, le=2000, **_MEAL)
    model_drafts_per_shop_and_day: int = if_sent(ge=0, le=1000, **_DRAFTS)
    waiting_offer_minutes: int = if_sent(ge=5, le=120, **_OFFER)
    reminder_minutes: int = if_sent(ge=0, le=1440, **_REMINDER)
    gather_minutes: int = if_sent(ge=0, le=120, **_GATHER)
    report_hours: int = if_sent(ge=1, le=336, **_REPORT)
    report_answer_hours: int = if_sent(ge=1, le=336, **_ANSWER)
    commission_bp: int = if_sent(ge=0, le=5000, **_COMMISSION)
    least_commission_cents: int = if_sent(ge=0, le=500, **_LEAST_COMMISSION)
    no_show_refund_percent: int = if_sent(ge=0, le=100, **_NO_SHOW_REFUND)
    household_people_per_extra_portion: int = if_sent(ge=0, le=10, **_HOUSEHOLD)
    no_shows_that_lower_quota: int = if_sent(ge=0, le=20, **_NO_SHOWS)
    co2e_grams_per_meal: int = if_sent(ge=0, le=10_000, **_CO2E)


class SettingsOut(Out):
    """All parameters of the platform."""

    free_portions_per_day: int = Field(**_PORTIONS)
    hold_minutes: int = Field(**_HOLD)
    free_cancellation_minutes: int = Field(**_CANCELLATION)
    meal_grams: int = Field(**_MEAL)
    model_drafts_per_shop_and_day: int = Field(**_DRAFTS)
    waiting_offer_minutes: int = Field(**_OFFER)
    reminder_minutes: int = Field(**_REMINDER)
    gather_minutes: int = Field(**_GATHER)
    report_hours: int = Field(**_REPORT)
    report_answer_hours: int = Field(**_ANSWER)
    commission_bp: int = Field(**_COMMISSION)
    least_commission_cents: int = Field(**_LEAST_COMMISSION)
    no_show_refund_percent: int = Field(**_NO_SHOW_REFUND)
    household_people_per_extra_portion: int = Field(**_HOUSEHOLD)
    no_shows_that_lower_quota: int = Field(**_NO_SHOWS)
    co2e_grams_per_meal: int = Field(**_CO2E)


class SettingChangeOut(Out):
    """The change of one parameter by an admin."""

    id: int = Field(description="The version of all parameters after this change, as in their ETag.", examples=[7])
    name: str = Field(examples=["hold_minutes"])
    old: int = Field(examples=[10])
    new: int = Field(examples=[15])
    changed_by: UUID = Field(description="The admin's account.", examples=[ACCOUNT])
    changed_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])


class AuditEntryOut(Out):
    """An entry of the audit log: who did what, when and in which request, without personal data."""

    id: UUID = Field(examples=["01980c5e-7f3a-7d20-8e55-9b1c40a7d6f3"])
    at: datetime = Field(examples=["2026-11-22T09:12:44Z"])
    actor_id: UUID | None = Field(description="null when no account did it.", examples=[ACCOUNT])
    actor_role: str = Field(
        description="The role of the account; otherwise `nobody`, `worker`, `rappelconso` for what the worker read in "
        "the public feed of recalls, or `operator` for the command line.",
        examples=["admin"],
    )
    action: str = Field(examples=["setting.changed"])
    subject: str = Field(examples=["setting"])
    subject_id: UUID | None = Field(examples=[None])
    detail: dict[str, Any] | None = Field(examples=[{"name": "hold_minutes", "old": 10, "new": 15}])
    request_id: str | None = Field(examples=["9f8d2c1b7a604e53b0d1c6f7e8a92b34"])
