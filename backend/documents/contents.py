"""The frozen contents of documents: the facts from which a paper is typeset once, as the database keeps them (JSON)."""

from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class Contents(BaseModel):
    """Facts that do not change any more."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Party(Contents):
    """A company on a paper: the platform or a shop. `address` is one line, with postcode and town at its end."""

    name: str
    trading_name: str | None = None
    legal_form: str | None = None
    address: str
    siret: str
    vat_number: str | None = None

    @property
    def siren(self) -> str:
        """The company's number: the first nine digits of the SIRET."""
        return self.siret[:9]


class ReceiptContents(Contents):
    """A payment to a shop. `vat_bp`: the VAT that the shop's food bears; None if the shop has not said it."""

    reference: str
    issued_on: date
    paid_on: date
    seller: Party
    title: str
    quantity: int
    price_cents: int
    amount_cents: int
    refunded_cents: int
    disputed_cents: int = 0  # what a lost dispute gave back; receipts of before do not say it
    vat_bp: int | None
    vat_franchise: bool
    gift: bool


class LotTotal(Contents):
    """The one total of a closed lot. `on`: the day on which its pickup window ended, where the shop is."""

    title: str
    on: date
    gross_cents: int
    commission_cents: int
    vat_cents: int
    net_cents: int


class Correction(LotTotal):
    """A change of a lot's total after it was closed. `on`: the day of the correction."""


class Movement(Contents):
    """Money that left the shop's balance or came back to it, by a transfer or otherwise."""

    on: date
    kind: str
    cents: int


class StatementContents(Contents):
    """A shop's month. The balance at its end follows from the one at its start and all that the statement lists."""

    issued_on: date
    first_day: date
    last_day: date
    shop: Party
    platform: Party
    opening_cents: int
    lots: list[LotTotal]
    corrections: list[Correction]
    movements: list[Movement]
    rounding_cents: int
    closing_cents: int
    invoices: list[str]


class InvoiceLine(Contents):
    """A line of an invoice: a service and its price before VAT."""

    text: str
    cents: int


class InvoiceContents(Contents):
    """An invoice; with `original_number` a credit note, whose amounts are positive and given back."""

    number: str
    issued_on: date
    first_day: date
    last_day: date
    seller: Party
    buyer: Party
    lines: list[InvoiceLine]
    net_cents: int
    vat_cents: int
    gross_cents: int
    paid_by_card: bool = False
    original_number: str | None = None
    original_issued_on: date | None = None

    @model_validator(mode="after")
    def _sums_agree(self) -> Self:
        """Refuse sums that do not follow from the lines. The rules of the standard let an error of a cent pass."""
        if self.net_cents != sum(line.cents for line in self.lines) or self.net_cents <= 0:
            raise ValueError("the total is not the sum of the lines")
        if self.vat_cents != (self.net_cents + 2) // 5 or self.gross_cents != self.net_cents + self.vat_cents:
            raise ValueError("the VAT is not 20 % of the total")
        return self


class Quarter(Contents):
    """A seller's quarter. The consideration is what they got, net of our fees; the fees include VAT."""

    sales: int
    consideration_cents: int
    fees_cents: int


class YearContents(Contents):
    """The declaration of the platform about a seller for a year: four quarters."""

    year: int
    issued_on: date
    seller: Party
    platform: Party
    quarters: list[Quarter]
