"""Request and response bodies of funds."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from backend.http.schemas import In, Out
from backend.shops.models import Category

MOST_CENTS = 10_000_000_000
MOST_RATE_CENTS = 100_000
MONTH = r"^20\d\d-(0[1-9]|1[0-2])$"

FundStatus = Literal["proposed", "confirmed", "rejected", "ended", "expired"]
Per = Literal["portion", "kg"]
Rate = Annotated[int, Field(ge=1, le=MOST_RATE_CENTS)]
Siret = Annotated[str, StringConstraints(pattern=r"^[0-9]{14}$")]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]

_CENTS = "In euro cents."
_AS_OF = "In euro cents, as of the end of the last month that was stated."


class FundIn(In):
    """A fund to propose."""

    organisation_id: UUID = Field(description="An organisation that you own.")
    name: str = Field(min_length=1, max_length=120, examples=["Paniers solidaires 2026"])
    reference: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Of the convention; required above 23 000 €.",
        examples=["CONV-2026-118"],
    )
    ceiling_cents: int = Field(
        ge=1, le=MOST_CENTS, description="The most that is granted, in euro cents.", examples=[2_000_000]
    )
    first_day: date = Field(examples=["2026-12-01"])
    last_day: date = Field(description="At most five years after the first day.", examples=["2027-11-30"])
    categories: list[Category] | None = Field(
        default=None, min_length=1, max_length=50, description="Of lots; null: all.", examples=[["bakery"]]
    )
    territory: str | None = Field(
        default=None,
        max_length=36,
        description="Where the shops are: a code within the organisation's territory; null: all of it.",
        examples=["67482"],
    )
    per: Per = Field(default="portion", description="What the rates are for.", examples=["portion"])
    rate_cents: Rate = Field(description="For a free portion, or a kilogram of one.", examples=[150])
    category_rates: dict[Category, Rate] = Field(
        default_factory=dict, description="Rates of categories that have one of their own.", examples=[{"bakery": 100}]
    )


class FundRejectionIn(In):
    """Why a fund is rejected."""

    reason: Reason = Field(description="Its organisation reads it.", examples=["La convention n'est pas signée."])


class FundPaidIn(In):
    """A payment that an organisation has made."""

    month: str = Field(pattern=MONTH, description="Of the statement.", examples=["2026-12"])
    siret: Siret | None = Field(
        default=None, description="Of the shop; null: all shops of the statement.", examples=["73282932000074"]
    )


class GrantCorrectionIn(In):
    """A grant that was wrong."""

    siret: Siret = Field(description="Of the shop, as a statement names it.", examples=["73282932000074"])
    portions: int = Field(default=0, ge=0, le=1_000_000, examples=[1])
    grams: int = Field(default=0, ge=0, le=1_000_000_000, examples=[500])
    cents: int = Field(ge=1, le=MOST_CENTS, description="What is taken back, in euro cents.", examples=[150])
    reason: Reason = Field(examples=["Le lot était déjà compensé."])


class FundMonth(Out):
    """A month of a fund, as its statement says it."""

    month: str = Field(examples=["2026-12"])
    granted_cents: int = Field(description=_CENTS, examples=[4500])
    left_cents: int = Field(description="In euro cents, at the month's end.", examples=[1_995_500])
    paid_cents: int = Field(description="What the organisation said it paid of it, in euro cents.", examples=[0])
    shops: int = Field(examples=[3])
    portions: int = Field(examples=[30])
    issued_at: datetime = Field(examples=["2027-01-01T00:05:00Z"])
    pdf: bool = Field(description="Whether the PDF is there already.", examples=[True])


class FundOut(Out):
    """A fund. What was granted and is left moves once a month, when a statement is issued."""

    id: UUID
    organisation_id: UUID
    organisation: str = Field(examples=["Ville de Strasbourg"])
    name: str = Field(examples=["Paniers solidaires 2026"])
    reference: str | None = Field(examples=["CONV-2026-118"])
    ceiling_cents: int = Field(description=_CENTS, examples=[2_000_000])
    first_day: date = Field(examples=["2026-12-01"])
    last_day: date = Field(examples=["2027-11-30"])
    ended_on: date | None = Field(description="The last day that counts, if it was ended early.", examples=[None])
    categories: list[Category] | None = Field(examples=[["bakery"]])
    territory: str = Field(examples=["67482"])
    territory_name: str = Field(examples=["Strasbourg"])
    per: Per = Field(examples=["portion"])
    rate_cents: int = Field(examples=[150])
    category_rates: dict[str, int] = Field(examples=[{"bakery": 100}])
    status: FundStatus = Field(
        description="`ended` by its organisation, `expired` after its last day.", examples=["confirmed"]
    )
    reason: str | None = Field(description="Why it was rejected.", examples=[None])
    created_at: datetime = Field(examples=["2026-11-20T10:00:00Z"])
    decided_at: datetime | None = Field(examples=["2026-11-21T10:00:00Z"])
    as_of: date | None = Field(
        description="The last day of the last month that was stated; null before the first statement.",
        examples=["2026-12-31"],
    )
    granted_cents: int = Field(description=_AS_OF, examples=[4500])
    returned_cents: int = Field(description="What went back to its organisation. " + _AS_OF, examples=[0])
    left_cents: int = Field(description=_AS_OF, examples=[1_995_500])
    paid_cents: int = Field(description="What the organisation said it paid, in euro cents.", examples=[0])
    months: list[FundMonth] = Field(description="The months that were stated, the newest first.")


class FundLineOut(Out):
    """The total of a shop in a statement. Negative if more was taken back than granted."""

    siret: str = Field(examples=["73282932000074"])
    name: str = Field(description="The shop's company.", examples=["Boulangerie du Quai"])
    portions: int = Field(examples=[10])
    grams: int = Field(examples=[5000])
    cents: int = Field(description="To pay, in euro cents.", examples=[1500])
    above_de_minimis: bool = Field(
        description="Whether its company comes to more than 300 000 € from all funds in three years.", examples=[False]
    )
    paid_at: datetime | None = Field(description="When the organisation said that it paid.", examples=[None])


class FundStatementOut(Out):
    """The grants of a fund in a month, by shop. It does not change any more, but for what was paid."""

    fund_id: UUID
    month: str = Field(examples=["2026-12"])
    fund: str = Field(examples=["Paniers solidaires 2026"])
    reference: str | None = Field(examples=["CONV-2026-118"])
    organisation: str = Field(examples=["Ville de Strasbourg"])
    territory: str = Field(description="Its name.", examples=["Strasbourg"])
    issued_at: datetime = Field(examples=["2027-01-01T00:05:00Z"])
    ceiling_cents: int = Field(description=_CENTS, examples=[2_000_000])
    granted_before_cents: int = Field(description="In the months before.", examples=[0])
    granted_cents: int = Field(description="In this month, less what was taken back.", examples=[4500])
    returned_cents: int = Field(description="What went back to the organisation.", examples=[0])
    left_cents: int = Field(description="At the month's end.", examples=[1_995_500])
    sha256: str | None = Field(description="Of the PDF; null until it is there.", examples=[None])
    lines: list[FundLineOut] = Field(description="A line a shop, in the order of SIRETs.")


class ShopGrantOut(Out):
    """The grants of a fund to a shop in a month. Its organisation pays the shop itself."""

    statement_id: UUID
    month: str = Field(examples=["2026-12"])
    fund: str = Field(examples=["Paniers solidaires 2026"])
    organisation: str = Field(examples=["Ville de Strasbourg"])
    reference: str | None = Field(examples=["CONV-2026-118"])
    siret: str = Field(examples=["73282932000074"])
    portions: int = Field(examples=[10])
    grams: int = Field(examples=[5000])
    cents: int = Field(description=_CENTS, examples=[1500])
    paid_at: datetime | None = Field(description="When the organisation said that it paid.", examples=[None])
