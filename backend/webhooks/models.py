"""Tables of webhook endpoints, their secrets and what is sent to them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text
from backend.database.outgoing import KeepsAddress, KeepsSealedText


class WebhookEndpoint(KeepsAddress, table=True):
    """An address, sealed, that messages are sent to; of a shop, an association or an organisation: one of the three.

    Nothing is queued once it is off.
    leased_until: a worker sends to it until then; afterwards, when it was last sent to.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        UniqueConstraint("key_id", name="webhook_endpoints_key_id_key"),
        Index("webhook_endpoints_shop_id_idx", "shop_id", postgresql_where=sql("shop_id is not null")),
        Index(
            "webhook_endpoints_association_id_idx",
            "association_id",
            postgresql_where=sql("association_id is not null"),
        ),
        Index(
            "webhook_endpoints_organisation_id_idx",
            "organisation_id",
            postgresql_where=sql("organisation_id is not null"),
        ),
        Index("webhook_endpoints_master_key_idx", "master_key", "key_id"),
    )

    id: UUID = identifier()
    shop_id: UUID | None = Field(foreign_key="app.shops.id", ondelete="CASCADE")
    association_id: UUID | None = Field(foreign_key="app.associations.id", ondelete="CASCADE")
    organisation_id: UUID | None = Field(foreign_key="app.organisations.id", ondelete="CASCADE")
    description: str = text()
    created_at: datetime = now()
    delivered_at: datetime | None = moment()
    off_because: str | None = text()
    leased_until: datetime = moment(sa_column_kwargs={"server_default": "-infinity"})


class WebhookSecret(KeepsSealedText, table=True):
    """A secret, sealed, that messages to an endpoint are signed with; until `ends_at` if it was replaced."""

    __tablename__ = "webhook_secrets"
    __table_args__ = (
        UniqueConstraint("key_id", name="webhook_secrets_key_id_key"),
        Index("webhook_secrets_endpoint_id_idx", "endpoint_id", "id"),
        Index("webhook_secrets_master_key_idx", "master_key", "key_id"),
    )

    id: UUID = identifier()
    endpoint_id: UUID = Field(foreign_key="app.webhook_endpoints.id", ondelete="CASCADE")
    created_at: datetime = now()
    ends_at: datetime | None = moment()


class WebhookDelivery(Table, table=True):
    """A message to an endpoint, waiting or done: the queue and the log.

    No foreign key leads to the endpoint, so that what is told of a reservation never waits for one that is removed.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("webhook_deliveries_due_idx", "endpoint_id", "due_at", postgresql_where=sql("due_at is not null")),
        Index("webhook_deliveries_endpoint_id_idx", "endpoint_id", "id"),
    )

    id: UUID = identifier()
    endpoint_id: UUID
    event_id: UUID
    type: str = text()
    path: str = text()
    at: datetime = moment()
    status: str = text(sa_column_kwargs={"server_default": "waiting"})
    due_at: datetime | None = moment()
    attempts: int = Field(sa_column_kwargs={"server_default": "0"})
    attempted_at: datetime | None = moment()
    ms: int | None
    problem: str | None = text()


class CancellationToTell(Table, table=True):
    """A cancelled reservation that the webhooks of its shop are told of at `at`, a half hour of the clock."""

    __tablename__ = "cancellations_to_tell"
    __table_args__ = (Index("cancellations_to_tell_at_idx", "at"),)

    reservation_id: UUID = Field(primary_key=True, foreign_key="app.reservations.id", ondelete="CASCADE")
    shop_id: UUID
    at: datetime = moment()
