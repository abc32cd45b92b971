"""The requests and answers of administration."""

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import ConfigDict, Field

from backend.associations.schemas import Standing
from backend.http.schemas import In, Out, if_sent
from backend.identity.tokens import Role
from backend.lots.models import Kind
from backend.lots.schemas import LotStatus
from backend.problem_reports.schemas import Kind as ReportKind
from backend.shops.models import Category

ACCOUNT = "01980c5e-5b77-7e90-8c1d-43a0b2f9d6e8"
SHOP = "01980c5e-6a10-7b22-a3f4-0c1d2e3f4a5b"


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


class ShopWaiting(Out):
    """A shop to verify."""

    id: UUID = Field(examples=[SHOP])
    name: str = Field(examples=["Boulangerie du Marché"])
    category: Category = Field(examples=["bakery"])
    siret: str = Field(examples=["73282932000074"])
    address: str = Field(examples=["12 rue du Faubourg, 67000 Strasbourg"])
    telephone: str | None = Field(examples=["+33388000000"])
    description: str | None = Field(examples=[None])
    to_correct: list[Literal["insee_code", "latitude", "longitude"]] = Field(
        description="Fields that do not fit the address.", examples=[[]]
    )
    created_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])


class ReportWaiting(Out):
    """A problem report to decide."""

    id: UUID = Field(examples=["01980c5e-8d01-7c55-9d0a-2b3c4d5e6f70"])
    kind: ReportKind = Field(examples=["quality"])
    title: str = Field(description="Of the lot.", examples=["Panier du soir"])
    shop: str = Field(examples=["Boulangerie du Marché"])
    reported_at: datetime = Field(examples=["2026-11-22T19:05:00Z"])
    answered: bool = Field(description="Whether the shop has answered.", examples=[True])


class RecallNoticeWaiting(Out):
    """A notice of the public feed of recalls that may name lots here."""

    id: UUID = Field(examples=["01980c5e-c4d5-7a31-b6e8-9f0a1b2c3d4e"])
    number: str = Field(examples=["2026-11-0042"])
    title: str = Field(examples=["Pâte à tartiner aux noisettes"])
    reason: str = Field(examples=["Présence de Listeria monocytogenes"])
    published_at: datetime = Field(examples=["2026-11-22T08:30:00Z"])
    lots: int = Field(description="Lots about which you are still asked.", examples=[2])


class RefundFailed(Out):
    """A refund that failed: one of your notices, until you have read it."""

    id: UUID = Field(description="For `POST /notices/{notice_id}/read`.", examples=[ACCOUNT])
    title: str = Field(description="In your account's language.", examples=["Un remboursement a échoué"])
    text: str = Field(examples=["Le remboursement de 4,80 € a échoué."])
    at: datetime = Field(examples=["2026-11-22T16:02:11Z"])


One = TypeVar("One")


class Waiting(Out, Generic[One]):
    """The things of one kind that wait for a decision."""

    count: int = Field(description="Of all, also of those that are not listed.", examples=[1])
    oldest: list[One] = Field(description="The oldest, at most as many as you asked for.")


class YesterdayOut(Out):
    """Yesterday in Paris: sums over all shops, defined as those of `GET /admin/figures`."""

    collected: int = Field(description="Portions that were handed over.", examples=[41])
    no_shows: int = Field(description="Portions that were reserved and not collected.", examples=[2])
    food_kg: float = Field(examples=[20.5])


class ToDecideOut(Out):
    """All that waits for an admin, and how the platform does."""

    shops: Waiting[ShopWaiting]
    associations: Waiting[AssociationOut]
    collectors: Waiting[CollectorOut]
    reports: Waiting[ReportWaiting] = Field(description="Those about allergens first.")
    recall_notices: Waiting[RecallNoticeWaiting]
    refunds: Waiting[RefundFailed] = Field(description="Refunds that failed.")
    yesterday: YesterdayOut
    shops_verified: int = Field(examples=[48])


class LotFound(Out):
    """A lot that was found. `GET /lots/{lot_id}` has its details."""

    id: UUID = Field(examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"])
    title: str = Field(examples=["Panier du soir"])
    category: Category = Field(examples=["bakery"])
    kind: Kind = Field(examples=["discounted"])
    price_cents: int = Field(description="Of one portion.", examples=[480])
    status: LotStatus = Field(examples=["published"])
    quantity: int = Field(description="Portions in all.", examples=[5])
    remaining: int = Field(description="Portions that can still be reserved.", examples=[3])
    pickup_start: datetime = Field(examples=["2026-11-22T16:30:00Z"])
    pickup_end: datetime = Field(examples=["2026-11-22T18:00:00Z"])
    shop_id: UUID = Field(examples=[SHOP])
    shop: str = Field(examples=["Boulangerie du Marché"])
    address: str = Field(description="Of the shop.", examples=["12 rue du Faubourg, 67000 Strasbourg"])
    time_zone: str = Field(description="Of the shop.", examples=["Europe/Paris"])


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
_REPORT_DECISION: dict[str, Any] = {
    "description": "Days after a problem report for which it holds back the money of its lot if no admin decides. The "
    "lot is closed after that, and a later decision corrects it.",
    "examples": [30],
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
_PREMIUM: dict[str, Any] = {
    "description": "The price of a month of merchants' Premium before VAT, in cents. Who has subscribed keeps theirs.",
    "examples": [1999],
}
_NO_SHOW_REFUND: dict[str, Any] = {
    "description": "The percentage of the price that is refunded to who did not collect; 0: nothing.",
    "examples": [0],
}
_LEAST_TRANSFER: dict[str, Any] = {
    "description": "The least that is transferred to a shop, in cents; less waits for more.",
    "examples": [100],
}
_PAYOUT_DAYS: dict[str, Any] = {
    "description": "Days for which money may wait for a shop's payout account before the shop can publish no more "
    "discounted lots. Stripe lets money wait for 90.",
    "examples": [30],
}
_PAYOUT_CENTS: dict[str, Any] = {
    "description": "Cents that may wait for a shop's payout account before it can publish no more discounted lots.",
    "examples": [50_000],
}
_PROFESSIONAL: dict[str, Any] = {
    "description": "Grams above which professionals drive a collection, and volunteers below.",
    "examples": [100_000],
}
_CHILLED: dict[str, Any] = {
    "description": "Most minutes that planned tours let chilled and frozen food ride.",
    "examples": [60],
}
_OFFERED: dict[str, Any] = {
    "description": "1: a collection for which nobody was named is offered to the association that fits best; 0: an "
    "admin chooses.",
    "examples": [1],
}
_ROADS: dict[str, Any] = {
    "description": "How long roads are, in percent of the great circle, where no routing server says it.",
    "examples": [130],
}
_CRATE: dict[str, Any] = {
    "description": "Grams of food that count for a crate whose weight nobody said.",
    "examples": [8000],
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
    report_decision_days: int = if_sent(ge=20, le=80, **_REPORT_DECISION)
    commission_bp: int = if_sent(ge=0, le=5000, **_COMMISSION)
    least_commission_cents: int = if_sent(ge=0, le=500, **_LEAST_COMMISSION)
    no_show_refund_percent: int = if_sent(ge=0, le=100, **_NO_SHOW_REFUND)
    least_transfer_cents: int = if_sent(ge=1, le=100_000, **_LEAST_TRANSFER)
    payout_grace_days: int = if_sent(ge=1, le=80, **_PAYOUT_DAYS)
    payout_grace_cents: int = if_sent(ge=0, le=10_000_000, **_PAYOUT_CENTS)
    premium_cents: int = if_sent(ge=100, le=20_000, **_PREMIUM)
    professional_above_grams: int = if_sent(ge=1000, le=100_000_000, **_PROFESSIONAL)
    crate_grams: int = if_sent(ge=500, le=50_000, **_CRATE)
    chilled_ride_minutes: int = if_sent(ge=10, le=240, **_CHILLED)
    collections_offered_automatically: int = if_sent(ge=0, le=1, **_OFFERED)
    road_factor_percent: int = if_sent(ge=100, le=300, **_ROADS)
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
    report_decision_days: int = Field(**_REPORT_DECISION)
    commission_bp: int = Field(**_COMMISSION)
    least_commission_cents: int = Field(**_LEAST_COMMISSION)
    no_show_refund_percent: int = Field(**_NO_SHOW_REFUND)
    least_transfer_cents: int = Field(**_LEAST_TRANSFER)
    payout_grace_days: int = Field(**_PAYOUT_DAYS)
    payout_grace_cents: int = Field(**_PAYOUT_CENTS)
    premium_cents: int = Field(**_PREMIUM)
    professional_above_grams: int = Field(**_PROFESSIONAL)
    crate_grams: int = Field(**_CRATE)
    chilled_ride_minutes: int = Field(**_CHILLED)
    collections_offered_automatically: int = Field(**_OFFERED)
    road_factor_percent: int = Field(**_ROADS)
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
        description="The role of the account, or `client` for an API client; otherwise `nobody`, `worker`, "
        "`rappelconso` for what the worker read in the public feed of recalls, or `operator` for the command line.",
        examples=["admin"],
    )
    action: str = Field(examples=["setting.changed"])
    subject: str = Field(examples=["setting"])
    subject_id: UUID | None = Field(examples=[None])
    detail: dict[str, Any] | None = Field(examples=[{"name": "hold_minutes", "old": 10, "new": 15}])
    request_id: str | None = Field(examples=["9f8d2c1b7a604e53b0d1c6f7e8a92b34"])
