"""From the frozen contents of a document to its PDF. Nothing here asks the database or the clock.

All papers are in French, as the law wants invoices and as an accountant reads them. They are kept as PDF/A-3.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from backend.documents.contents import (
    Correction,
    InvoiceContents,
    LotTotal,
    Movement,
    Party,
    Quarter,
    ReceiptContents,
    StatementContents,
    YearContents,
)
from backend.documents.factur_x import invoice_xml, named_factur_x
from backend.documents.mentions import LATE_PAYMENT, NO_DISCOUNT, PAID_BY_CARD, PAID_FROM_SALES, RECOVERY
from backend.files.typesetting import typeset_to_keep

_SOURCE: Final = (Path(__file__).parent / "paper.typ").read_bytes()
_AUTHOR: Final = "EcoPanier"

NO_VAT: Final = "TVA non applicable, art. 293 B du CGI."

_MOVEMENTS: Final = {
    "transfer": "Virement vers votre compte de paiement",
    "reversal": "Reprise sur votre compte de paiement",
    "other": "Autre mouvement",
}


@dataclass(frozen=True)
class Side:
    """One of the two parties at the top of a paper: what it is here, its name, and lines under it."""

    role: str
    name: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Sum:
    """A line of the sums at the end of a paper."""

    label: str
    amount: str
    bold: bool = False


@dataclass(frozen=True)
class Rows:
    """A table. `texts`: how many columns from the left are text; the others are amounts."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    totals: Sequence[Sequence[str]] = ()
    title: str | None = None
    texts: int = 1


@dataclass(frozen=True)
class Signed:
    """A signature: whose it is, their name and when, and the drawing as SVG; empty if they drew nothing."""

    role: str
    name: str
    drawn: str


@dataclass(frozen=True)
class Paper:
    """All that is printed on a paper."""

    title: str
    subtitle: str
    parties: Sequence[Side]
    facts: Sequence[tuple[str, str]] = ()
    tables: Sequence[Rows] = ()
    sums: Sequence[Sum] = ()
    signatures: Sequence[Signed] = ()
    notes: Sequence[str] = ()
    footer: str = _AUTHOR
    author: str = field(default=_AUTHOR)


def receipt_pdf(contents: ReceiptContents) -> bytes:
    """Return a customer's receipt."""
    return printed(receipt_paper(contents), contents.issued_on)


def statement_pdf(contents: StatementContents) -> bytes:
    """Return a shop's monthly statement."""
    return printed(statement_paper(contents), contents.issued_on)


def year_pdf(contents: YearContents) -> bytes:
    """Return a seller's copy of what the platform declares about them."""
    return printed(year_paper(contents), contents.issued_on)


def invoice_pdf(contents: InvoiceContents) -> bytes:
    """Return an invoice or a credit note as Factur-X: a PDF with the same invoice as XML (EN 16931) within."""
    xml = invoice_xml(contents)
    return named_factur_x(printed(invoice_paper(contents), contents.issued_on, xml))


def printed(paper: Paper, issued_on: date, attached: bytes | None = None) -> bytes:
    """Return a paper as PDF/A-3."""
    return typeset_to_keep(_SOURCE, issued_on, attached, paper=asdict(paper))


def receipt_paper(receipt: ReceiptContents) -> Paper:
    """Return the words of a receipt. It is no invoice: that would take a mandate of the shop, and of its customer."""
    sums = [Sum("Total payé, TTC", euros(receipt.amount_cents), bold=True)]
    notes = []
    if receipt.vat_franchise:
        notes.append(NO_VAT)
    elif receipt.vat_bp is not None:
        kept = receipt.amount_cents - receipt.refunded_cents - receipt.disputed_cents
        sums.append(Sum(f"dont TVA {percent(receipt.vat_bp)}", euros(vat_within(kept, receipt.vat_bp))))
    given_back = [
        Sum(words, euros(-cents))
        for words, cents in (
            ("Remboursé", receipt.refunded_cents),
            ("Rendu par votre banque après contestation", receipt.disputed_cents),
        )
        if cents
    ]
    if given_back:
        left = receipt.amount_cents - receipt.refunded_cents - receipt.disputed_cents
        sums[1:1] = [*given_back, Sum("Reste payé, TTC", euros(left), bold=True)]
    if receipt.gift:
        notes.append("Lot suspendu : payé pour être retiré par une personne bénéficiaire.")
    notes.append(
        "EcoPanier met en relation le commerce, qui vend, et la personne qui achète. Ce reçu n'est pas une facture."
    )
    return Paper(
        title="Reçu",
        subtitle=f"n° {receipt.reference}",
        parties=[_side("Vendu par", receipt.seller)],
        facts=[("Payé le", day(receipt.paid_on)), ("Moyen de paiement", "carte bancaire")],
        tables=[
            Rows(
                header=("Article", "Quantité", "Prix TTC", "Total TTC"),
                rows=[
                    (
                        receipt.title,
                        number(receipt.quantity),
                        euros(receipt.price_cents),
                        euros(receipt.price_cents * receipt.quantity),
                    )
                ],
            )
        ],
        sums=sums,
        notes=notes,
        footer=f"Reçu n° {receipt.reference}, émis par EcoPanier au nom du commerce",
    )


def statement_paper(statement: StatementContents) -> Paper:
    """Return the words of a monthly statement: totals of closed lots, and what was transferred."""
    lots = Rows(
        header=("Lot", "Retrait le", "Ventes TTC", "Commission HT", "TVA 20 %", "Net"),
        texts=2,
        title="Lots clos",
        rows=[_lot_row(lot) for lot in statement.lots],
        totals=[
            (
                f"{number(len(statement.lots))} lots" if len(statement.lots) != 1 else "1 lot",
                "",
                *_amounts(statement.lots),
            )
        ],
    )
    tables = [lots] if statement.lots else []
    if statement.corrections:
        tables.append(
            Rows(
                header=("Lot", "Corrigé le", "Ventes TTC", "Commission HT", "TVA 20 %", "Net"),
                texts=2,
                title="Corrections de lots déjà clos",
                rows=[_lot_row(correction) for correction in statement.corrections],
                totals=[("Total", "", *_amounts(statement.corrections))],
            )
        )
    if statement.movements:
        tables.append(
            Rows(
                header=("Mouvement", "Le", "Montant"),
                texts=2,
                title="Virements et autres mouvements",
                rows=[(_movement(moved), day(moved.on), euros(moved.cents)) for moved in statement.movements],
                totals=[("Total", "", euros(sum(moved.cents for moved in statement.movements)))],
            )
        )
    sums = [Sum("Solde dû au début", euros(statement.opening_cents))]
    sums.append(Sum("Net des lots clos", euros(sum(lot.net_cents for lot in statement.lots))))
    if statement.corrections:
        sums.append(Sum("Corrections", euros(sum(lot.net_cents for lot in statement.corrections))))
    if statement.rounding_cents:
        sums.append(Sum("Arrondi de la TVA, facturée sur le total", euros(statement.rounding_cents)))
    if statement.movements:
        sums.append(Sum("Virements et autres", euros(sum(moved.cents for moved in statement.movements))))
    sums.append(Sum("Solde dû à la fin", euros(statement.closing_cents), bold=True))
    notes = []
    if statement.invoices:
        notes.append("Commission facturée : " + ", ".join(f"n° {number}" for number in statement.invoices) + ".")
    notes.append(
        "Chaque ligne est le total d'un lot clos : portions vendues et portions suspendues ensemble, commission "
        "déduite. Les prix sont TTC, la commission est facturée à part."
    )
    return Paper(
        title=f"Relevé de {month(statement.first_day)}",
        subtitle=f"du {day(statement.first_day)} au {day(statement.last_day)}",
        parties=[_side("Commerce", statement.shop), _side("Plateforme", statement.platform)],
        tables=tables,
        sums=sums,
        notes=notes,
        footer=f"{statement.platform.name} · relevé de {month(statement.first_day)}",
    )


def invoice_paper(invoice: InvoiceContents) -> Paper:
    """Return the words of an invoice or a credit note, with the law's mentions (CGI, ann. II, 242 nonies A)."""
    credit = invoice.original_number is not None
    name = "Avoir" if credit else "Facture"
    facts = [
        ("Numéro", invoice.number),
        ("Émise le" if not credit else "Émis le", day(invoice.issued_on)),
        ("Période", f"du {day(invoice.first_day)} au {day(invoice.last_day)}"),
    ]
    if credit and invoice.original_issued_on is not None:
        facts.append(("Facture d'origine", f"n° {invoice.original_number} du {day(invoice.original_issued_on)}"))
    sums = [
        Sum("Total HT", euros(invoice.net_cents)),
        Sum("TVA 20 %", euros(invoice.vat_cents)),
        Sum("Total TTC", euros(invoice.gross_cents), bold=True),
    ]
    if credit:
        notes = ["Montant rendu sur le produit de vos ventes.", NO_DISCOUNT]
    else:
        sums += [Sum("Déjà payé", euros(-invoice.gross_cents)), Sum("Reste à payer", euros(0), bold=True)]
        notes = [PAID_BY_CARD if invoice.paid_by_card else PAID_FROM_SALES, NO_DISCOUNT, LATE_PAYMENT, RECOVERY]
    platform = invoice.seller
    return Paper(
        title=f"{name} n° {invoice.number}",
        subtitle=day(invoice.issued_on),
        parties=[_side("Émetteur", platform), _side("Client", invoice.buyer)],
        facts=facts,
        tables=[
            Rows(
                header=("Prestation", "Quantité", "Prix HT", "TVA", "Montant HT"),
                rows=[(line.text, "1", euros(line.cents), "20 %", euros(line.cents)) for line in invoice.lines],
            )
        ],
        sums=sums,
        notes=notes,
        footer=" · ".join([platform.name, *_identity(platform)]),
        author=platform.name,
    )


def year_paper(year: YearContents) -> Paper:
    """Return the words of a seller's copy of the yearly declaration (article 1649 ter A of the CGI, DAC7)."""
    return Paper(
        title=f"Déclaration des vendeurs, année {year.year}",
        subtitle="copie du vendeur",
        parties=[_side("Vendeur", year.seller), _side("Opérateur de plateforme", year.platform)],
        tables=[
            Rows(
                header=("Trimestre", "Ventes", "Montants versés", "Commission TTC"),
                rows=[
                    _quarter_row(f"{at}e trimestre" if at > 1 else "1er trimestre", quarter)
                    for at, quarter in enumerate(year.quarters, 1)
                ],
                totals=[
                    _quarter_row(
                        "Année",
                        Quarter(
                            sales=sum(quarter.sales for quarter in year.quarters),
                            consideration_cents=sum(quarter.consideration_cents for quarter in year.quarters),
                            fees_cents=sum(quarter.fees_cents for quarter in year.quarters),
                        ),
                    )
                ],
            )
        ],
        notes=[
            "L'opérateur déclare ces montants à l'administration fiscale, au plus tard le 31 janvier (articles 242 bis "
            "et 1649 ter A à 1649 ter E du code général des impôts). Les montants versés sont nets de commission.",
            "Vous pouvez demander la correction d'une donnée inexacte.",
        ],
        footer=f"{year.platform.name} · déclaration {year.year}",
    )


def _quarter_row(name: str, quarter: Quarter) -> tuple[str, ...]:
    return name, number(quarter.sales), euros(quarter.consideration_cents), euros(quarter.fees_cents)


def _lot_row(lot: LotTotal | Correction) -> tuple[str, ...]:
    return lot.title, day(lot.on), *_amounts([lot])


def _amounts(lots: Sequence[LotTotal | Correction]) -> tuple[str, ...]:
    return (
        euros(sum(lot.gross_cents for lot in lots)),
        euros(sum(lot.commission_cents for lot in lots)),
        euros(sum(lot.vat_cents for lot in lots)),
        euros(sum(lot.net_cents for lot in lots)),
    )


def _movement(moved: Movement) -> str:
    return _MOVEMENTS.get(moved.kind, _MOVEMENTS["other"])


def _side(role: str, party: Party) -> Side:
    lines = [party.trading_name] if party.trading_name and party.trading_name != party.name else []
    return Side(
        role, party.name, [*lines, *([party.legal_form] if party.legal_form else []), party.address, *_identity(party)]
    )


def _identity(party: Party) -> list[str]:
    found = [f"SIRET {grouped(party.siret)}"]
    if party.vat_number:
        found.append(f"TVA {party.vat_number}")
    return found


def grouped(siret: str) -> str:
    """Return a SIRET as people write it, with spaces that do not break."""
    return "\N{NO-BREAK SPACE}".join((siret[:3], siret[3:6], siret[6:9], siret[9:]))


def vat_within(cents: int, bp: int) -> int:
    """Return the VAT that is part of a price with VAT, half up. bp: the rate in hundredths of a percent."""
    return (2 * cents * bp + 10_000 + bp) // (2 * (10_000 + bp))


def euros(cents: int) -> str:
    """Return cents as « 1 234,50 € »."""
    return format_currency(Decimal(cents) / 100, "EUR", locale="fr")


def number(value: int) -> str:
    """Return a whole number as « 1 234 »."""
    return format_decimal(value, locale="fr")


def percent(bp: int) -> str:
    """Return a rate in hundredths of a percent as « 5,5 % »."""
    return f"{format_decimal(Decimal(bp) / 100, locale='fr')}\N{NO-BREAK SPACE}%"


def day(on: date) -> str:
    """Return a day as « 01/12/2026 »."""
    return f"{on:%d/%m/%Y}"


def month(on: date) -> str:
    """Return a month as « novembre 2026 »."""
    return format_date(on, "LLLL y", locale="fr")
