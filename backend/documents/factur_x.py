"""Invoices as Factur-X: the XML of EN 16931, and the metadata by which a PDF says that it carries it.

The XML follows the French rules for invoices between companies (FR-CTC) as well: electronic addresses in the register
of SIREN (0225), the mentions as notes with their codes, the process S2 (a service that is already paid).
"""

import re
from typing import Any, Final

from backend.documents.contents import InvoiceContents, Party
from backend.documents.mentions import LATE_PAYMENT, NO_DISCOUNT, PAID_BY_CARD, PAID_FROM_SALES, RECOVERY

INVOICE: Final = "380"
CREDIT_NOTE: Final = "381"
BILLING_PROCESS: Final = "S2"
SIREN_SCHEME: Final = "0002"
ADDRESS_SCHEME: Final = "0225"
CARD: Final = "48"
SET_OFF: Final = "97"  # clearing between partners: the commission is kept back from what is due to the shop
ONE: Final = "C62"

_POSTCODE = re.compile(r"^(?P<street>.*?)[,\s]*\b(?P<postcode>\d{5})\s+(?P<city>\S.*)$")

_EXTENSION_SCHEMA: Final = (
    '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
    "<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>"
    "<pdfaSchema:prefix>fx</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>{}</rdf:Seq></pdfaSchema:property></rdf:li>"
)
_PROPERTY: Final = (
    '<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{}</pdfaProperty:name>'
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>"
    "<pdfaProperty:description>{}</pdfaProperty:description></rdf:li>"
)
_PROPERTIES: Final = {
    "DocumentFileName": ("factur-x.xml", "The name of the embedded XML document"),
    "DocumentType": ("INVOICE", "The type of the hybrid document in capital letters, e.g. INVOICE or ORDER"),
    "Version": ("1.0", "The actual version of the standard applying to the embedded XML document"),
    "ConformanceLevel": ("EN 16931", "The conformance level of the embedded XML document"),
}


def invoice_xml(invoice: InvoiceContents) -> bytes:
    """Return an invoice or a credit note in the syntax CII, profile EN 16931. The standard's schema has checked it."""
    from facturx import generate_xml  # 30 MiB, which only who issues invoices needs

    # The rules (schematron) are run by our tests: here the library would ask a server for it, and pass without one.
    made = generate_xml(_terms(invoice), flavor="factur-x", level="en16931", check_xsd=True, check_schematron=False)
    assert isinstance(made, bytes)  # noqa: S101  the library has no types
    return made


def _terms(invoice: InvoiceContents) -> dict[str, Any]:
    """Return the business terms of EN 16931 by their numbers."""
    credit = invoice.original_number is not None
    terms: dict[str, Any] = {
        "BT-1": invoice.number,
        "BT-2": invoice.issued_on,
        "BT-3": CREDIT_NOTE if credit else INVOICE,
        "BT-5": "EUR",
        "BT-9": invoice.issued_on,
        "BT-20": PAID_BY_CARD if invoice.paid_by_card else PAID_FROM_SALES,
        "BT-23": BILLING_PROCESS,
        "BT-72": invoice.last_day,
        "BT-73": invoice.first_day,
        "BT-74": invoice.last_day,
        "BT-81": CARD if invoice.paid_by_card else SET_OFF,
        "BT-106": _euros(invoice.net_cents),
        "BT-109": _euros(invoice.net_cents),
        "BT-110": _euros(invoice.vat_cents),
        "BT-112": _euros(invoice.gross_cents),
        "BT-113": _euros(invoice.gross_cents),
        "BT-115": _euros(0),
        "BG-1": [
            {"BT-21": "PMT", "BT-22": RECOVERY},
            {"BT-21": "PMD", "BT-22": LATE_PAYMENT},
            {"BT-21": "AAB", "BT-22": NO_DISCOUNT},
        ],
        "BG-4": _party(invoice.seller),
        "BG-7": _party(invoice.buyer),
        "BG-23": [
            {
                "BT-116": _euros(invoice.net_cents),
                "BT-117": _euros(invoice.vat_cents),
                "BT-118": "S",
                "BT-119": "20",
            }
        ],
        "BG-25": [
            {
                "BT-126": str(at),
                "BT-129": "1",
                "BT-130": ONE,
                "BT-131": _euros(line.cents),
                "BT-146": _euros(line.cents),
                "BT-151": "S",
                "BT-152": "20",
                "BT-153": one_line(line.text),
            }
            for at, line in enumerate(invoice.lines, 1)
        ],
    }
    if credit:
        terms["BG-3"] = [{"BT-25": invoice.original_number, "BT-26": invoice.original_issued_on}]
    return terms


def _party(party: Party) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": one_line(party.name),
        "legal_identifier": party.siren,
        "legal_identifier_schemeid": SIREN_SCHEME,
        "einvoicing_addr": party.siren,
        "einvoicing_addr_schemeid": ADDRESS_SCHEME,
        "country_code": "FR",
        **address_parts(party.address),
    }
    if party.trading_name:
        found["biz_name"] = one_line(party.trading_name)
    if party.legal_form:
        found["legal_info"] = one_line(party.legal_form)
    if party.vat_number:
        found["vat_identifier"] = party.vat_number
    return found


def address_parts(line: str) -> dict[str, str]:
    """Return the parts of an address; all of it is its first line if no postcode and town stand at its end."""
    parts = _POSTCODE.match(one_line(line))
    if parts is None:
        return {"addr_l1": one_line(line)}
    street = {"addr_l1": parts["street"]} if parts["street"] else {}
    return {**street, "postcode": parts["postcode"], "city": parts["city"]}


def one_line(text: str) -> str:
    """Return a text that XML can hold, on one line."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def named_factur_x(pdf: bytes) -> bytes:
    """Return a PDF whose metadata say that it is a Factur-X invoice, appended to it as PDF allows.

    typst cannot write these metadata, and writing the file anew by another library would lose what it says about
    accessibility. What typst wrote stays as it is, byte by byte.
    """
    start = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    trailer = pdf[pdf.rindex(b"trailer") :]
    root = re.search(rb"/Root (\d+) 0 R", trailer)
    metadata = re.search(rb"\n%d 0 obj.*?/Metadata (\d+) 0 R" % int(root[1] if root else 0), pdf, re.DOTALL)
    packet = re.search(rb"<\?xpacket begin.*?<\?xpacket end=\"\w\"\?>", pdf, re.DOTALL)
    if root is None or metadata is None or packet is None:
        raise ValueError("typst writes its files in another way than this release knows")
    described = _with_factur_x(packet[0].decode()).encode()
    number = int(metadata[1])
    stream = b"%d 0 obj\n<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n" % (number, len(described))
    added = stream + described + b"\nendstream\nendobj\n"
    at = len(pdf) + 1
    table = b"xref\n%d 1\n%010d 00000 n\r\n" % (number, at)
    kept = trailer[: trailer.index(b"startxref")].rstrip()
    ending = kept[:-2] + b"/Prev %d>>" % start
    return pdf + b"\n" + added + table + ending + b"\nstartxref\n%d\n%%%%EOF\n" % (at + len(added))


def _with_factur_x(packet: str) -> str:
    """Return XMP metadata with those of Factur-X, and the schema that PDF/A wants for them."""
    schema = _EXTENSION_SCHEMA.format("".join(_PROPERTY.format(name, said) for name, (_, said) in _PROPERTIES.items()))
    values = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (value, _) in _PROPERTIES.items())
    described = (
        '<rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">'
        f"{values}</rdf:Description></rdf:RDF>"
    )
    schemas = "<pdfaExtension:schemas><rdf:Bag>"
    if packet.count(schemas) != 1 or packet.count("</rdf:RDF>") != 1:
        raise ValueError("typst writes its metadata in another way than this release knows")
    return packet.replace(schemas, schemas + schema).replace("</rdf:RDF>", described)
