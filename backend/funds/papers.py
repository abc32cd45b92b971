"""A fund's statement as PDF and as a table for a spreadsheet."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from backend.documents.papers import Paper, Rows, Side, Sum, day, euros, grouped, month, number, printed
from backend.files.csv_writer import Cell, csv_of
from backend.funds.categories import CATEGORIES
from backend.funds.contents import FundStatementContents
from backend.funds.schemas import FundStatementOut, ShopGrantOut

HEADER: Final = ("SIRET", "Commerce", "Portions", "Poids (kg)", "Montant (€)", "Au-delà de minimis", "Payé le")
SHOP_HEADER: Final = (
    *("Mois", "Organisme", "Fonds", "Convention", "SIRET", "Portions", "Poids (kg)", "Montant (€)", "Payé le"),
)

DE_MINIMIS: Final = (
    "Aide de minimis (règlement (UE) 2023/2831) : au plus 300 000 € par entreprise unique sur trois ans, toutes aides "
    "de minimis comprises. Un commerce marqué « * » dépasse ce montant par les seuls fonds suivis sur EcoPanier ; les "
    "autres aides qu'il reçoit ne nous sont pas connues. Depuis le 1er janvier 2026, l'organisme inscrit l'aide au "
    "registre (décret 2025-1361)."
)
VAT: Final = (
    "Une subvention directement liée au prix d'une livraison est soumise à la TVA (BOI-TVA-BASE-10-10-10). C'est à "
    "l'organisme et au commerce de qualifier cette compensation ; les montants sont ici ceux de la convention."
)
NO_MONEY: Final = (
    "EcoPanier compte et relève : aucun fonds public ne passe par la plateforme. L'organisme verse lui-même ces "
    "montants aux commerces. Chaque portion offerte a été donnée par son commerce et retirée ; les portions "
    "suspendues, payées par des clients, n'y sont jamais."
)


def statement_pdf(contents: str) -> bytes:
    """Return the PDF of a statement. contents: as JSON."""
    statement = FundStatementContents.model_validate_json(contents)
    return printed(statement_paper(statement), statement.issued_on)


def statement_paper(it: FundStatementContents) -> Paper:
    """Return the words of a statement."""
    named = month(it.first_day)
    convention = f"Convention {it.reference}" if it.reference else "Sans convention (23 000 € au plus)"
    unit = "portion offerte" if it.per == "portion" else "kilogramme offert"
    rates = [f"{euros(it.rate_cents)} par {unit}"]
    rates += [f"{CATEGORIES[of]} : {euros(cents)}" for of, cents in sorted(it.category_rates.items())]
    facts = [
        ("Période du fonds", f"du {day(it.fund_first_day)} au {day(it.fund_last_day)}"),
        ("Territoire", it.territory),
        ("Catégories", "toutes" if it.categories is None else ", ".join(CATEGORIES[of] for of in it.categories)),
        ("Barème", " ; ".join(rates)),
        ("Émis le", day(it.issued_on)),
    ]
    lines = [
        (
            line.name + (" *" if line.above_de_minimis else ""),
            grouped(line.siret),
            number(line.portions),
            kilograms(line.grams),
            euros(line.cents),
        )
        for line in it.lines
    ]
    tables = []
    if lines:
        tables.append(
            Rows(
                header=("Commerce", "SIRET", "Portions", "Poids", "À verser"),
                texts=2,
                rows=lines,
                totals=[
                    (
                        "Total",
                        "",
                        number(sum(line.portions for line in it.lines)),
                        kilograms(sum(line.grams for line in it.lines)),
                        euros(it.granted_cents),
                    )
                ],
            )
        )
    sums = [
        Sum("Plafond", euros(it.ceiling_cents)),
        Sum("Accordé les mois précédents", euros(it.granted_before_cents)),
        Sum(f"Accordé en {named}", euros(it.granted_cents)),
    ]
    if it.returned_cents:
        sums.append(Sum("Rendu à l'organisme à la fin du fonds", euros(it.returned_cents)))
    sums.append(Sum("Reste", euros(it.left_cents), bold=True))
    notes = [] if lines else ["Rien n'a été accordé ce mois-ci."]
    return Paper(
        title=f"Relevé du fonds, {named}",
        subtitle=f"du {day(it.first_day)} au {day(it.last_day)}",
        parties=[
            Side("Organisme", it.organisation, [f"SIREN {grouped_siren(it.organisation_siren)}"]),
            Side("Objet", it.fund, [convention]),
        ],
        facts=facts,
        tables=tables,
        sums=sums,
        notes=[*notes, NO_MONEY, DE_MINIMIS, VAT],
        footer=f"EcoPanier · {it.organisation} · relevé de {named}",
    )


def statement_csv(statement: FundStatementOut) -> bytes:
    """Return a statement as CSV, a line a shop."""
    return csv_of(HEADER, _lines(statement))


def _lines(statement: FundStatementOut) -> Iterator[tuple[Cell, ...]]:
    for line in statement.lines:
        paid = _day_paid(line.paid_at)
        above = "oui" if line.above_de_minimis else "non"
        yield line.siret, line.name, line.portions, _thousandths(line.grams), _hundredths(line.cents), above, paid


def grants_csv(grants: list[ShopGrantOut]) -> bytes:
    """Return what a shop was granted as CSV, a line a month and fund."""
    return csv_of(
        SHOP_HEADER,
        (
            (
                *(one.month, one.organisation, one.fund, one.reference, one.siret, one.portions),
                *(_thousandths(one.grams), _hundredths(one.cents)),
                _day_paid(one.paid_at),
            )
            for one in grants
        ),
    )


def _day_paid(at: datetime | None) -> str | None:
    """Return the day of a payment in Paris, like the months of a statement; None if it was not paid."""
    return day(at.astimezone(ZoneInfo("Europe/Paris")).date()) if at else None


def kilograms(grams: int) -> str:
    """Return grams as « 1 234,5 kg », with at most one decimal."""
    said = format_decimal(Decimal(grams).scaleb(-3), format="#,##0.#", locale="fr")
    return f"{said}\N{NO-BREAK SPACE}kg"


def grouped_siren(siren: str) -> str:
    """Return a SIREN as people write it, with spaces that do not break."""
    return "\N{NO-BREAK SPACE}".join((siren[:3], siren[3:6], siren[6:]))


def _thousandths(grams: int) -> Decimal:
    return Decimal(grams).scaleb(-3)


def _hundredths(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
