"""From the frozen contents of slips and donation receipts to their PDF, in French. Nothing here asks the database."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from backend.documents.contents import Contents
from backend.documents.papers import Paper, Rows, Side, Signed, Sum, day, euros, grouped, number, printed

_NOTHING: Final = "–"


class Giving(Contents):
    """A side of a collection: a shop's company or an association."""

    name: str
    legal_form: str | None = None
    address: str
    siret: str | None = None
    rna: str | None = None


class Amount(Contents):
    """How much: in grams, crates and portions, as far as it is known."""

    grams: int | None = None
    crates: int | None = None
    portions: int | None = None


class SlipItem(Contents):
    """An item of a slip: what was asked, taken and accepted of it."""

    title: str
    batch: str | None
    date_kind: str
    food_date: date | None
    offered: Amount
    taken: Amount
    accepted: Amount
    refused_because: str | None


class Reading(Contents):
    """A temperature that was read on the way. `kind`: of the step, `taken`, `left` or `temperature`."""

    at: datetime
    degrees: float
    kind: str


class Signature(Contents):
    """A signature: its name, time, and strokes, which are points between 0 and 1000."""

    by: str
    name: str
    at: datetime
    strokes: list[list[tuple[int, int]]]


class SlipContents(Contents):
    """A donation slip (« bon de retrait »): the parties, what was offered and accepted, temperatures and times."""

    reference: str
    received: bool
    time_zone: str
    printed_at: datetime
    giver: Giving
    receiver: Giving
    agreement: str | None
    agreement_signed_on: date | None
    place: str
    place_address: str
    asked_at: datetime
    taken_at: datetime | None
    left_at: datetime | None
    received_at: datetime | None
    received_degrees: float | None
    notes: str
    items: list[SlipItem]
    readings: list[Reading]
    signatures: list[Signature]


class Good(Contents):
    """A good on a donation receipt. `near_use_by`: given within three days of its use-by, so that half of it counts."""

    on: date
    title: str
    grams: int | None
    crates: int | None
    portions: int | None
    near_use_by: bool
    value_cents: int


class DonationContents(Contents):
    """A donation receipt (form 2041-MEC-SD): the body, the company, all goods and their value."""

    number: str
    issued_on: date
    first_day: date
    last_day: date
    body: Giving
    purpose: str
    quality: str
    company: Giving
    goods: list[Good]
    value_cents: int


_DATES: Final = {"use_by": "DLC", "best_before": "DDM"}
_READ: Final = {"taken": "à la prise en charge", "left": "à la livraison"}


def slip_pdf(slip: SlipContents) -> bytes:
    """Return a donation slip."""
    return printed(slip_paper(slip), slip.printed_at.astimezone(ZoneInfo(slip.time_zone)).date())


def slip_paper(slip: SlipContents) -> Paper:
    """Return the words of a donation slip."""
    zone = ZoneInfo(slip.time_zone)

    def moment(at: datetime | None) -> str:
        return _NOTHING if at is None else f"{at.astimezone(zone):%d/%m/%Y à %H:%M}"

    facts = [
        ("Lieu d'enlèvement", f"{slip.place}, {slip.place_address}"),
        ("Pris en charge le", moment(slip.taken_at)),
        ("Livré le", moment(slip.left_at)),
        ("Reçu le", moment(slip.received_at)),
    ]
    if slip.agreement is not None and slip.agreement_signed_on is not None:
        facts.append(("Convention de don", f"n° {slip.agreement}, signée le {day(slip.agreement_signed_on)}"))
    temperatures = [
        f"{_degrees(read.degrees)} {_READ.get(read.kind, 'en route')} ({moment(read.at)})" for read in slip.readings
    ]
    if slip.received_degrees is not None:
        temperatures.append(f"{_degrees(slip.received_degrees)} à la réception")
    facts.append(("Températures relevées", " ; ".join(temperatures) or _NOTHING))
    if slip.notes:
        facts.append(("Remarques", slip.notes))
    refused = [f"{item.title} : {item.refused_because}" for item in slip.items if item.refused_because]
    return Paper(
        title="Bon de retrait de denrées données" if slip.received else "Bon de retrait provisoire",
        subtitle=f"n° {slip.reference}",
        parties=[_side("Donateur", slip.giver), _side("Association bénéficiaire du don", slip.receiver)],
        facts=facts,
        tables=[
            Rows(
                header=("Denrée", "Lot", "Date", "Proposé", "Emporté", "Accepté"),
                rows=[
                    (
                        item.title,
                        item.batch or _NOTHING,
                        f"{_DATES[item.date_kind]} {day(item.food_date)}" if item.food_date else _NOTHING,
                        _amount(item.offered),
                        _amount(item.taken),
                        _amount(item.accepted) if slip.received else _NOTHING,
                    )
                    for item in slip.items
                ],
                totals=[
                    (
                        "Poids total",
                        "",
                        "",
                        _weight([item.offered for item in slip.items]),
                        _weight([item.taken for item in slip.items]),
                        _weight([item.accepted for item in slip.items]) if slip.received else _NOTHING,
                    )
                ],
                texts=3,
            )
        ],
        signatures=[
            Signed(
                role="Pour le donateur" if signed.by == "giver" else "Pour l'association",
                name=f"{signed.name}, le {moment(signed.at)}",
                drawn=drawing(signed.strokes),
            )
            for signed in slip.signatures
        ],
        notes=[
            *([f"Refusé : {' ; '.join(refused)}"] if refused else []),
            "Don de denrées alimentaires à une association (articles L. 541-15-6 et D. 541-310 du code de "
            "l'environnement). Le donateur et l'association conservent ce bon pour la traçabilité (règlement (CE) "
            "n° 178/2002, article 18).",
            *([] if slip.received else ["Provisoire : l'association n'a pas encore dit ce qu'elle accepte."]),
        ],
        footer=f"Bon n° {slip.reference}, établi par EcoPanier",
    )


def donation_pdf(receipt: DonationContents) -> bytes:
    """Return a donation receipt."""
    return printed(donation_paper(receipt), receipt.issued_on)


def donation_paper(receipt: DonationContents) -> Paper:
    """Return the words of a donation receipt, with the mentions of the form 2041-MEC-SD."""
    return Paper(
        title="Reçu des dons et versements effectués par les entreprises",
        subtitle=f"n° d'ordre {receipt.number}",
        parties=[_side("Organisme bénéficiaire", receipt.body), _side("Entreprise donatrice", receipt.company)],
        facts=[
            ("Objet de l'organisme", receipt.purpose),
            ("Qualité de l'organisme", receipt.quality),
            ("Dons reçus", f"du {day(receipt.first_day)} au {day(receipt.last_day)}"),
            ("Nature", "dons en nature : denrées alimentaires"),
        ],
        tables=[
            Rows(
                title="Description exhaustive des biens reçus et acceptés",
                header=("Bien", "Reçu le", "Quantité", "Valeur"),
                rows=[
                    (
                        good.title + (" (moins de trois jours avant la DLC : moitié)" if good.near_use_by else ""),
                        day(good.on),
                        _amount(Amount(grams=good.grams, crates=good.crates, portions=good.portions)),
                        euros(good.value_cents),
                    )
                    for good in receipt.goods
                ],
            )
        ],
        sums=[Sum("Valeur déclarée par l'entreprise", euros(receipt.value_cents), bold=True)],
        notes=[
            "L'organisme certifie que les dons qu'il reçoit ouvrent droit à la réduction d'impôt prévue à l'article "
            "238 bis du code général des impôts. L'entreprise a seule évalué les biens, dont l'organisme n'atteste que "
            "la réception.",
            "Mentions du formulaire 2041-MEC-SD. Les denrées données dans les trois jours avant leur date limite "
            "de consommation comptent pour la moitié de leur valeur.",
            f"Fait le {day(receipt.issued_on)}. Signature de l'organisme :",
        ],
        footer=f"{receipt.body.name} · reçu n° {receipt.number}",
        author=receipt.body.name,
    )


def drawing(strokes: Sequence[Sequence[tuple[int, int]]]) -> str:
    """Return the strokes of a signature as SVG; empty without strokes. Only numbers of ours stand in it."""
    if not strokes:
        return ""
    paths = "".join(
        f'<path d="M {" L ".join(f"{int(x)} {int(y)}" for x, y in [*stroke, stroke[-1]])}"/>' for stroke in strokes
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -10 1020 1020" fill="none" stroke="black" '
        f'stroke-width="12" stroke-linecap="round" stroke-linejoin="round">{paths}</svg>'
    )


def _side(role: str, side: Giving) -> Side:
    lines = [side.legal_form] if side.legal_form else []
    if side.address:
        lines.append(side.address)
    if side.siret:
        lines.append(f"SIRET {grouped(side.siret)}")
    if side.rna:
        lines.append(f"RNA {side.rna}")
    return Side(role, side.name, lines)


def _amount(amount: Amount) -> str:
    said = []
    if amount.grams is not None:
        said.append(_kg(amount.grams))
    if amount.crates is not None:
        said.append(f"{number(amount.crates)} caisse{'s' * (amount.crates > 1)}")
    if amount.portions is not None:
        said.append(f"{number(amount.portions)} portion{'s' * (amount.portions > 1)}")
    return ", ".join(said) or _NOTHING


def _weight(amounts: Sequence[Amount]) -> str:
    known = [amount.grams for amount in amounts if amount.grams is not None]
    return _kg(sum(known)) if known else _NOTHING


def _kg(grams: int) -> str:
    return f"{format_decimal(Decimal(grams) / 1000, locale='fr')}\N{NO-BREAK SPACE}kg"


def _degrees(degrees: float) -> str:
    return f"{format_decimal(degrees, locale='fr')}\N{NO-BREAK SPACE}°C"
