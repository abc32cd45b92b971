"""Tables of subscriptions to Premium, and of what was paid for them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from backend.database.columns import Index, Table, moment, sql, text


class Subscription(Table, table=True):
    """The subscription of an account, as Stripe said last, and the page on which it subscribes.

    `page_id` is part of the idempotency key of the page, `checkout` Stripe's id of it. `status` is Stripe's, or `none`.
    `version` rises with each state that is noted.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("customer", name="subscriptions_customer_key"),
        UniqueConstraint("subscription", name="subscriptions_subscription_key"),
        Index("subscriptions_looked_at_idx", "looked_at", postgresql_where=sql("customer is not null")),
    )

    account_id: UUID = Field(primary_key=True, foreign_key="app.accounts.id", ondelete="CASCADE")
    customer: str | None = text()
    page_id: UUID | None
    page_begun_at: datetime | None = moment()
    page_cents: int | None
    page_language: str | None = text()
    checkout: str | None = text()
    subscription: str | None = text()
    status: str = text(sa_column_kwargs={"server_default": "none"})
    cents: int | None
    begun_at: datetime | None = moment()
    period_ends_at: datetime | None = moment()
    past_due_since: datetime | None = moment()
    cancels_at: datetime | None = moment()
    ended_at: datetime | None = moment()
    version: int = Field(sa_column_kwargs={"server_default": "0"})
    looked_at: datetime = moment()
    to_end: bool = Field(sa_column_kwargs={"server_default": "false"})


class BilledPeriod(Table, table=True):
    """A month of a subscription that was paid. `invoice` is Stripe's, `document_id` our invoice for it."""

    __tablename__ = "billed_periods"
    __table_args__ = (
        UniqueConstraint("intent", name="billed_periods_intent_key"),
        Index(
            "billed_periods_to_invoice_idx",
            "paid_at",
            postgresql_where=sql("document_id is null and shop_id is not null"),
        ),
        {"schema": "accounting"},
    )

    invoice: str = text(primary_key=True)
    intent: str | None = text()
    shop_id: UUID | None
    first_day: date
    last_day: date
    net_cents: int = Field(sa_type=BigInteger)
    vat_cents: int = Field(sa_type=BigInteger)
    paid_at: datetime = moment()
    document_id: UUID | None


class BilledRefund(Table, table=True):
    """A refund of such a month, made in Stripe's dashboard. `document_id` is our credit note for it."""

    __tablename__ = "billed_refunds"
    __table_args__ = (Index("billed_refunds_invoice_idx", "invoice"), {"schema": "accounting"})

    refund: str = text(primary_key=True)
    invoice: str = text(foreign_key="accounting.billed_periods.invoice", ondelete="CASCADE")
    cents: int = Field(sa_type=BigInteger)
    net_cents: int = Field(sa_type=BigInteger)
    refunded_at: datetime = moment()
    failed_at: datetime | None = moment()
    document_id: UUID | None
