"""The table of problem reports."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Column
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, sql, text


class ProblemReport(Table, table=True):
    """A holder's report about a pickup, the shop's answer, an admin's decision, and the money given back.

    `lot_id` is the lot as its merchant listed it. `share` and `decided_share` are in percent of the price.
    `given_back_cents` is 0 if nobody had paid, or if the money had been given back before.
    """

    __tablename__ = "problem_reports"
    __table_args__ = (
        Index("problem_reports_account_id_idx", "account_id", "id"),
        Index("problem_reports_shop_id_idx", "shop_id", "id"),
        Index("problem_reports_lot_id_idx", "lot_id"),
        Index("problem_reports_photo_id_idx", "photo_id", postgresql_where=sql("photo_id is not null")),
        Index("problem_reports_reported_at_idx", "reported_at"),
        Index("problem_reports_to_tell_idx", "id", postgresql_where=sql("to_tell")),
        Index(
            "problem_reports_open_idx",
            "id",
            postgresql_where=sql(
                "given_back_at is null and (decision = 'give_back'"
                " or decision is null and (outcome is null or outcome = 'give_back'))"
            ),
        ),
    )

    id: UUID = identifier()
    reservation_id: UUID = Field(foreign_key="app.reservations.id", unique=True)
    account_id: UUID = Field(foreign_key="app.accounts.id")
    lot_id: UUID = Field(foreign_key="app.lots.id")
    shop_id: UUID = Field(foreign_key="app.shops.id")
    kind: str = text()
    words: str = text()
    photo_id: UUID | None = Field(foreign_key="app.photos.id")
    reported_at: datetime = moment()
    answer_by: datetime = moment()
    outcome: str | None = text()
    share: int | None
    answer: str | None = text()
    answered_at: datetime | None = moment()
    decision: str | None = text()
    decided_share: int | None
    decision_text: str | None = text()
    decided_at: datetime | None = moment()
    given_back_at: datetime | None = moment()
    given_back_cents: int | None
    admins_told_at: datetime | None = moment()
    admins_reminded_at: datetime | None = moment()
    to_tell: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
