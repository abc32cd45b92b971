"""Accounts, how they sign in, and what they consented to."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, func
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text


class Account(Table, table=True):
    """A person who can sign in."""

    __tablename__ = "accounts"
    __table_args__ = (
        Index("accounts_email_key", sql("lower(email)"), unique=True),
        Index("accounts_role_idx", "role", "status", "id"),
        Index("accounts_status_idx", "status", "id"),
        Index("accounts_created_at_idx", "created_at", postgresql_where=sql("erased_at is null")),
        Index("accounts_erased_at_idx", "erased_at", postgresql_where=sql("erased_at is not null")),
        Index(
            "accounts_last_seen_on_idx",
            "last_seen_on",
            postgresql_where=sql("role in ('customer', 'collector') and status <> 'erased'"),
        ),
    )

    id: UUID = identifier()
    role: str = text()
    email: str | None = text()
    email_verified_at: datetime | None = moment()
    display_name: str = text()
    locale: str = text(sa_column_kwargs={"server_default": "fr"})
    status: str = text(sa_column_kwargs={"server_default": "active"})
    status_reason: str | None = text()
    created_at: datetime = now()
    last_seen_on: date = Field(default=None, sa_column_kwargs={"server_default": func.current_date()})
    warned_at: datetime | None = moment()
    erased_at: datetime | None = moment()


class Consent(Table, table=True):
    """A person's agreement to a version of a text, or its withdrawal. The latest row of each purpose counts."""

    __tablename__ = "consents"
    __table_args__ = (Index("consents_account_id_idx", "account_id", "purpose", "id"),)

    id: UUID = identifier()
    account_id: UUID = Field(foreign_key="app.accounts.id", ondelete="CASCADE")
    purpose: str = text()
    version: str = text()
    given: bool
    at: datetime = now()


class Credential(Table, table=True):
    """The hash of a password, in a table of its own so that no policy that shows accounts shows hashes."""

    __tablename__ = "credentials"

    account_id: UUID = Field(primary_key=True, foreign_key="app.accounts.id", ondelete="CASCADE")
    password_hash: str = text()
    changed_at: datetime = now()


class DataKey(Table, table=True):
    """The key that seals everything about one person, wrapped by a master key. Without it nothing can be opened."""

    __tablename__ = "data_keys"
    __table_args__ = (Index("data_keys_master_key_idx", "master_key", "account_id"), {"schema": "key_vault"})

    account_id: UUID = Field(primary_key=True, foreign_key="app.accounts.id", ondelete="CASCADE")
    wrapped: bytes
    master_key: str = text()
    made_at: datetime = now()


class SealedAddress(Table, table=True):
    """A beneficiary's e-mail address, sealed, with the keyed hash by which it is found."""

    __tablename__ = "sealed_addresses"

    account_id: UUID = Field(primary_key=True, foreign_key="app.accounts.id", ondelete="CASCADE")
    sealed: bytes
    lookup: bytes
    verified_at: datetime | None = moment()

    __table_args__ = (
        # Two people may name the same address; one of them confirms it.
        Index("sealed_addresses_lookup_key", "lookup", unique=True, postgresql_where=sql("verified_at is not null")),
        Index("sealed_addresses_lookup_idx", "lookup"),
    )


class Confirmation(Table, table=True):
    """A registration, or the address of an account (`account_id`), that a mailed token or code will confirm."""

    __tablename__ = "confirmations"

    id: UUID = identifier()
    account_id: UUID | None = Field(default=None, foreign_key="app.accounts.id", ondelete="CASCADE")
    lookup: bytes
    sealed: bytes | None
    role: str | None = text()
    locale: str | None = text()
    terms: str | None = text()
    password_hash: str | None = text()
    # Keyed hash of the device that registered: it alone may confirm without a password.
    device: bytes | None
    token_hash: bytes | None = Field(unique=True)
    code_hash: bytes | None
    code_ends_at: datetime | None = moment()
    asked_at: datetime = moment()
    ends_at: datetime = moment()
    # The hash of the invitation's token that a shop registers with, and whether its inviter may be told its name.
    invitation: bytes | None
    invitation_named: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))

    __table_args__ = (
        Index("confirmations_account_id_idx", "account_id", postgresql_where=sql("account_id is not null")),
        Index("confirmations_lookup_idx", "lookup"),
        Index("confirmations_ends_at_idx", "ends_at"),
    )


class Device(Table, table=True):
    """A device that somebody signed in from, known by the keyed hash of a secret that it keeps."""

    __tablename__ = "devices"

    account_id: UUID = Field(primary_key=True, foreign_key="app.accounts.id", ondelete="CASCADE")
    device_hash: bytes = Field(primary_key=True)
    known_since: datetime = moment()
    last_used_on: date

    __table_args__ = (Index("devices_last_used_on_idx", "last_used_on"),)


class Session(Table, table=True):
    """One sign-in, with the chain of refresh tokens that follows from it."""

    __tablename__ = "sessions"

    id: UUID = identifier()
    account_id: UUID = Field(foreign_key="app.accounts.id", ondelete="CASCADE", index=False)
    created_at: datetime = now()
    ended_at: datetime | None = moment()
    ended_because: str | None = text()
    # Set for a session at a kiosk, which ends by itself.
    kiosk_id: UUID | None = Field(default=None, foreign_key="app.kiosks.id")
    card_id: UUID | None = Field(default=None, foreign_key="app.cards.id", ondelete="CASCADE")
    ends_at: datetime | None = moment()
    # When it passed the account's second factor.
    factor_at: datetime | None = moment()

    __table_args__ = (
        Index("sessions_account_id_idx", "account_id"),
        Index("sessions_card_id_idx", "card_id", postgresql_where=sql("card_id is not null")),
        Index("sessions_kiosk_id_idx", "kiosk_id", postgresql_where=sql("kiosk_id is not null")),
    )


class PageSession(Table, table=True):
    """The session of a browser, known by the hash of the id in its cookie.

    kind: of a person, or of a device that was paired as a kiosk or a station. sealed: the tokens with which the pages
    call the API.
    """

    __tablename__ = "page_sessions"
    __table_args__ = (
        Index("page_sessions_account_id_idx", "account_id"),
        Index("page_sessions_session_id_idx", "session_id"),
        Index("page_sessions_ends_at_idx", "ends_at"),
    )

    id_hash: bytes = Field(primary_key=True)
    kind: str = text()
    account_id: UUID | None = Field(default=None, foreign_key="app.accounts.id", ondelete="CASCADE", index=False)
    session_id: UUID | None = Field(default=None, foreign_key="app.sessions.id", ondelete="CASCADE", index=False)
    sealed: bytes
    created_at: datetime = moment()
    seen_on: date
    ends_at: datetime = moment()


class RefreshToken(Table, table=True):
    """A refresh token, known by its hash; it can be spent once."""

    __tablename__ = "refresh_tokens"

    token_hash: bytes = Field(primary_key=True)
    session_id: UUID = Field(foreign_key="app.sessions.id", ondelete="CASCADE")
    issued_at: datetime = now()
    expires_at: datetime = moment()
    spent_at: datetime | None = moment()
    # Keyed hashes of the device that spent it and of the Idempotency-Key with which it did.
    spent_by: bytes | None
    spent_with: bytes | None

    __table_args__ = (
        Index("refresh_tokens_session_id_idx", "session_id"),
        Index("refresh_tokens_expires_at_idx", "expires_at"),
    )


class OneTimeToken(Table, table=True):
    """A token from a mail or an enrolment, known by its hash; it can be used once."""

    __tablename__ = "one_time_tokens"

    token_hash: bytes = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="app.accounts.id", ondelete="CASCADE")
    purpose: str = text()
    expires_at: datetime = moment()
    used_at: datetime | None = moment()

    __table_args__ = (
        Index("one_time_tokens_account_id_idx", "account_id", "purpose"),
        Index("one_time_tokens_expires_at_idx", "expires_at"),
    )


class Throttle(Table, table=True):
    """The number of tries in a time window, per bucket (a keyed hash of what is counted)."""

    __tablename__ = "throttles"

    bucket: bytes = Field(primary_key=True)
    hits: int
    resets_at: datetime = moment()

    __table_args__ = (Index("throttles_resets_at_idx", "resets_at"),)


class UndeliveredMail(Table, table=True):
    """A mail that the relay has not taken so far, or never will; the mail itself is not kept."""

    __tablename__ = "undelivered_mails"

    message: bytes = Field(primary_key=True)
    account_id: UUID | None = Field(foreign_key="app.accounts.id", ondelete="CASCADE")
    template: str = text()
    smtp_code: int | None
    tries: int = Field(sa_column_kwargs={"server_default": "1"})
    first_at: datetime = moment()
    last_at: datetime = moment()
    refusals: int = Field(sa_column_kwargs={"server_default": "0"})
    refused_at: datetime | None = moment()
    given_up_at: datetime | None = moment()

    __table_args__ = (
        Index("undelivered_mails_account_id_idx", "account_id"),
        Index("undelivered_mails_last_at_idx", "last_at"),
        Index("undelivered_mails_waiting_idx", "last_at", postgresql_where=sql("given_up_at is null")),
    )


class MailRelay(Table, table=True):
    """Whether the relay takes our mails: one row."""

    __tablename__ = "mail_relay"

    only_row: bool = Field(primary_key=True, sa_column_kwargs={"server_default": "true"})
    accepted_at: datetime | None = moment()
    tried_at: datetime | None = moment()
    failing_since: datetime | None = moment()
