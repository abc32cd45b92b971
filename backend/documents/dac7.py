"""The yearly declaration of sellers to the tax administration (DAC7), as XML of the OECD's schema DPI, version 1.0.

It is put together from the yearly copies that the sellers have, so that both say the same.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from xml.etree import ElementTree

from backend.documents.contents import Party, Quarter, YearContents
from backend.documents.factur_x import address_parts, one_line

DPI: Final = "urn:oecd:ties:dpi:v1"
STF: Final = "urn:oecd:ties:dpistf:v1"
NEW_INFORMATION: Final = "DPI401"
NEW_DATA: Final = "OECD1"

ElementTree.register_namespace("dpi", DPI)
ElementTree.register_namespace("stf", STF)


def declaration(copies: Iterable[YearContents], made_at: datetime) -> bytes:
    """Return the declaration of a year as XML. A seller is a company: the shops of one SIREN are added up.

    copies: all of one year, with the same platform. made_at: the time of the message. Raises ValueError without copies.
    """
    sellers: dict[str, list[YearContents]] = {}
    for copy in copies:
        sellers.setdefault(copy.seller.siren, []).append(copy)
    if not sellers:
        raise ValueError("no seller has to be declared")
    first = next(iter(sellers.values()))[0]
    year, platform = first.year, first.platform
    prefix = f"FR{year}FR{platform.siren}"

    root = ElementTree.Element(f"{{{DPI}}}DPI_OECD", {"version": "1.0"})
    message = _child(root, "MessageSpec")
    for name, value in (
        ("SendingEntityIN", platform.siren),
        ("TransmittingCountry", "FR"),
        ("ReceivingCountry", "FR"),
        ("MessageType", "DPI"),
        ("MessageRefId", f"{prefix}-{made_at:%Y%m%d%H%M%S}"),
        ("MessageTypeIndic", NEW_INFORMATION),
        ("ReportingPeriod", f"{year}-12-31"),
        ("Timestamp", f"{made_at:%Y-%m-%dT%H:%M:%S}"),
    ):
        _child(message, name, value)
    body = _child(root, "DPIBody")
    operator = _child(body, "PlatformOperator")
    _company(operator, platform)
    _child(operator, "AssumedReporting", "false")
    _reference(operator, f"{prefix}-operator")
    for siren, shops in sorted(sellers.items()):
        seller = _child(body, "ReportableSeller")
        identity = _child(_child(_child(seller, "Identity"), "EntitySeller"), "Standard")
        _company(_child(identity, "EntSellerID"), shops[0].seller)
        _amounts(_child(_child(seller, "RelevantActivities"), "SaleOfGoods"), _added(shops))
        _reference(seller, f"{prefix}-{siren}")
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _added(shops: list[YearContents]) -> list[Quarter]:
    return [
        Quarter(
            sales=sum(one.sales for one in quarters),
            consideration_cents=sum(one.consideration_cents for one in quarters),
            fees_cents=sum(one.fees_cents for one in quarters),
        )
        for quarters in zip(*(shop.quarters for shop in shops), strict=True)
    ]


def _company(parent: ElementTree.Element, party: Party) -> None:
    _child(parent, "ResCountryCode", "FR")
    _child(parent, "TIN", party.siren, issuedBy="FR")
    if party.vat_number:
        _child(parent, "VAT", party.vat_number)
    _child(parent, "Name", one_line(party.name))
    parts = address_parts(party.address)
    address = _child(parent, "Address", legalAddressType="OECD304")
    _child(address, "CountryCode", "FR")
    if "city" in parts:
        fixed = _child(address, "AddressFix")
        _child(fixed, "PostCode", parts["postcode"])
        _child(fixed, "City", parts["city"])
    _child(address, "AddressFree", one_line(party.address))


def _amounts(parent: ElementTree.Element, quarters: list[Quarter]) -> None:
    """Write each quarter's consideration, number of sales, fees and taxes; no tax is withheld."""
    for group, prefix, values in (
        ("Consideration", "ConsQ", [quarter.consideration_cents for quarter in quarters]),
        ("NumberOfActivities", "NumbQ", [quarter.sales for quarter in quarters]),
        ("Fees", "FeesQ", [quarter.fees_cents for quarter in quarters]),
        ("Taxes", "TaxQ", [0 for _ in quarters]),
    ):
        element = _child(parent, group)
        for at, value in enumerate(values, 1):
            if group == "NumberOfActivities":
                _child(element, f"{prefix}{at}", str(value))
            else:
                # Whole euros, rounded half up, as the schema wants integers.
                _child(element, f"{prefix}{at}", str((value + 50) // 100), currCode="EUR")


def _reference(parent: ElementTree.Element, reference: str) -> None:
    document = _child(parent, "DocSpec")
    ElementTree.SubElement(document, f"{{{STF}}}DocTypeIndic").text = NEW_DATA
    ElementTree.SubElement(document, f"{{{STF}}}DocRefId").text = reference


def _child(parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, f"{{{DPI}}}{name}", attributes)
    child.text = text
    return child
