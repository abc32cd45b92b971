"""Tables of API clients and their secrets."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text


class ApiClient(Table, table=True):
    """A program that calls the API in the name of an organisation, a shop or an association: one of the three.

    `territory_code` is that of its organisation or one within. `last_used_at` is kept at most once an hour.
    """

    __tablename__ = "api_clients"
    __table_args__ = (
        Index(
            "api_clients_organisation_id_idx",
            "organisation_id",
            "id",
            postgresql_where=sql("organisation_id is not null"),
        ),
        Index("api_clients_shop_id_idx", "shop_id", "id", postgresql_where=sql("shop_id is not null")),
        Index(
            "api_clients_association_id_idx", "association_id", "id", postgresql_where=sql("association_id is not null")
        ),
        Index("api_clients_territory_code_idx", "territory_code", postgresql_where=sql("territory_code is not null")),
    )

    id: UUID = identifier()
    name: str = text()
    organisation_id: UUID | None = Field(foreign_key="app.organisations.id")
    shop_id: UUID | None = Field(foreign_key="app.shops.id")
    association_id: UUID | None = Field(foreign_key="app.associations.id")
    territory_code: str | None = text(foreign_key="app.territories.code")
    scopes: list[str] = Field(sa_type=ARRAY(Text))
    created_by: UUID | None
    created_at: datetime = now()
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment()
    last_used_at: datetime | None = moment()


class ApiClientSecret(Table, table=True):
    """A hashed secret of an API client. `prefix` is how people recognise it. At most two work at a time."""

    __tablename__ = "api_client_secrets"
    __table_args__ = (
        UniqueConstraint("hash", name="api_client_secrets_hash_key"),
        Index("api_client_secrets_client_id_idx", "client_id", "id"),
    )

    id: UUID = identifier()
    client_id: UUID = Field(foreign_key="app.api_clients.id", ondelete="CASCADE")
    prefix: str = text()
    hash: bytes
    created_at: datetime = now()
    expires_at: datetime | None = moment()
    revoked_at: datetime | None = moment()
