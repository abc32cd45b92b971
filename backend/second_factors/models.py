"""The second factors of accounts and their recovery codes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field

from backend.database.columns import Index, Table, moment, now, sql


class SecondFactor(Table, table=True):
    """The secret of an authenticator app (TOTP), sealed; a factor once a code has confirmed it."""

    __tablename__ = "second_factors"
    __table_args__ = (
        Index("second_factors_begun_at_idx", "begun_at", postgresql_where=sql("activated_at is null")),
        Index("second_factors_reset_at_idx", "reset_at", postgresql_where=sql("reset_at is not null")),
    )

    account_id: UUID = Field(primary_key=True, foreign_key="app.accounts.id", ondelete="CASCADE")
    id: UUID = Field(default=None, unique=True, sa_column_kwargs={"server_default": sql("app.uuid7()")})
    sealed: bytes
    begun_at: datetime = now()
    activated_at: datetime | None = moment()
    # The number of the 30-second step whose code was accepted last.
    last_step: int | None = Field(default=None, sa_type=BigInteger)
    reset_at: datetime | None = moment()


class RecoveryCode(Table, table=True):
    """A code for whoever lost their authenticator, known by a keyed hash; it can be used once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index("recovery_codes_account_id_idx", "account_id"),)

    code_hash: bytes = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="app.second_factors.account_id", ondelete="CASCADE")
    used_at: datetime | None = moment()
