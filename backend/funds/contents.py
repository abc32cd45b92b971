"""The frozen contents of a fund's statement, as the database keeps them (JSON)."""

from datetime import date

from backend.documents.contents import Contents


class Line(Contents):
    """The total of a shop."""

    siret: str
    name: str
    portions: int
    grams: int
    cents: int
    above_de_minimis: bool


class FundStatementContents(Contents):
    """The grants of a fund in a month, and where it stood. Amounts in cents; `per`: what the rates are for."""

    issued_on: date
    first_day: date
    last_day: date
    fund: str
    reference: str | None
    organisation: str
    organisation_siren: str
    territory: str
    fund_first_day: date
    fund_last_day: date
    categories: list[str] | None
    per: str
    rate_cents: int
    category_rates: dict[str, int]
    ceiling_cents: int
    granted_before_cents: int
    granted_cents: int
    returned_cents: int
    left_cents: int
    lines: list[Line]
