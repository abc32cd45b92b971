"""Payments and the events that Stripe sent about them."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text


class Payment(Table, table=True):
    """The payment of a reservation and its state.

    intended → pending → succeeded; cancel_due → cancelled; refund_due → refunded. A job carries out what is due until
    Stripe has done it. The whole amount is refunded unless `refund_cents` says how much. `refunded_cents` is what
    Stripe says was refunded, by us or by a person in its dashboard; `disputed_cents` is what a lost dispute gave back
    instead, of what is due. `refusals` counts Stripe's refusals in a row; `refund_attempt` numbers what is asked
    after each certain one.
    `checkout` is set once the holder wants to pay on Stripe's page: `wanted` while the first PaymentIntent is being
    cancelled, `open` while the page can be paid, `closed` when it cannot any more. `commission_bp`, in hundredths of a
    percent, and `least_commission_cents` are the commission that was agreed when it succeeded.
    """

    __tablename__ = "payments"
    __table_args__ = (
        Index("payments_checkout_session_key", "checkout_session", unique=True),
        Index(
            "payments_open_idx",
            "looked_at",
            postgresql_where=sql("status in ('intended', 'pending', 'cancel_due', 'refund_due')"),
        ),
    )

    id: UUID = identifier()
    reservation_id: UUID = Field(foreign_key="app.reservations.id", unique=True)
    amount_cents: int
    status: str = text(sa_column_kwargs={"server_default": "intended"})
    stripe_payment_intent: str | None = text(unique=True)
    stripe_refund: str | None = text(unique=True)
    refund_cents: int | None = None
    refunded_cents: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    disputed_cents: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    refusals: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    refund_attempt: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    created_at: datetime = now()
    looked_at: datetime = now()
    checkout: str | None = text()
    checkout_session: str | None = text()
    checkout_ends_at: datetime | None = moment()
    commission_bp: int | None = None
    least_commission_cents: int | None = None


class StripeEvent(Table, table=True):
    """An event from Stripe, stored once. `object_id` is what it is about, `account` the connected account, if any."""

    __tablename__ = "stripe_events"
    __table_args__ = (
        Index("stripe_events_received_at_idx", "received_at"),
        Index(
            "stripe_events_paid_idx",
            "stripe_payment_intent",
            postgresql_where=sql("type = 'payment_intent.succeeded'"),
        ),
    )

    id: str = text(primary_key=True)
    type: str = text()
    stripe_payment_intent: str | None = text()
    received_at: datetime = now()
    object_id: str | None = text()
    account: str | None = text()
