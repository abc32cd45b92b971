"""The yearly declaration of sellers (DAC7): who is in it, what it says, and the command that writes it."""

import gzip
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from backend.documents.contents import Party, Quarter, YearContents
from backend.documents.dac7 import DPI, STF, declaration
from tests.startup.commands import ecopanier
from tests.town import Town
from tests.town.books import a_closed_lot, a_correction, issues_papers

NAMES = {"dpi": DPI, "stf": STF}
PLATFORM = Party(
    name="EcoPanier SAS", address="4 quai, 67000 Strasbourg", siret="73282932000074", vat_number="FR44732829320"
)


def a_copy(siret: str, euros: int, sales: int, address: str = "12 rue de Zurich, 67000 Strasbourg") -> YearContents:
    quarter = Quarter(sales=sales, consideration_cents=euros * 100 + 50, fees_cents=1249)
    rest = Quarter(sales=0, consideration_cents=0, fees_cents=0)
    seller = Party(name="Müller & <fils>", address=address, siret=siret)
    return YearContents(
        year=2026, issued_on=date(2027, 1, 2), seller=seller, platform=PLATFORM, quarters=[quarter, rest, rest, rest]
    )


def test_shops_of_one_company_are_one_seller() -> None:
    made_at = datetime(2027, 1, 10, 8, 30, tzinfo=UTC)
    copies = [a_copy("55208131766522", 1000, 20), a_copy("55208131766530", 500, 11), a_copy("10000000000015", 3000, 5)]
    xml = declaration(copies, made_at)
    root = ElementTree.fromstring(xml)  # noqa: S314  we wrote it
    assert [one.text for one in root.iterfind(".//dpi:EntSellerID/dpi:TIN", NAMES)] == ["100000000", "552081317"]
    sellers = root.findall(".//dpi:ReportableSeller", NAMES)
    second = sellers[1]
    assert second.findtext(".//dpi:ConsQ1", namespaces=NAMES) == "1501"
    assert second.findtext(".//dpi:NumbQ1", namespaces=NAMES) == "31"
    assert second.findtext(".//dpi:FeesQ1", namespaces=NAMES) == "25"
    assert second.findtext(".//dpi:Name", namespaces=NAMES) == "Müller & <fils>"
    assert second.findtext(".//dpi:City", namespaces=NAMES) == "Strasbourg"
    assert root.findtext(".//dpi:ReportingPeriod", namespaces=NAMES) == "2026-12-31"
    references = [one.text for one in root.iterfind(".//stf:DocRefId", NAMES)]
    assert len(set(references)) == len(references) == 3


def test_an_address_without_a_postcode_is_declared_as_it_stands() -> None:
    xml = declaration([a_copy("10000000000015", 3000, 5, "Sur le marché")], datetime(2027, 1, 10, tzinfo=UTC))
    root = ElementTree.fromstring(xml)  # noqa: S314  we wrote it
    seller = root.find(".//dpi:ReportableSeller", NAMES)
    assert seller is not None
    assert seller.find(".//dpi:AddressFix", NAMES) is None
    assert seller.findtext(".//dpi:AddressFree", namespaces=NAMES) == "Sur le marché"


def test_nothing_is_declared_without_sellers() -> None:
    with pytest.raises(ValueError, match="no seller"):
        declaration([], datetime(2027, 1, 10, tzinfo=UTC))


async def test_the_accountant_writes_what_the_sellers_have(town: Town, tmp_path: Path) -> None:
    shop = await town.a_shop()
    lot = await a_closed_lot(town, shop, [3000] * 40, "2026-05-12T03:00:00+02:00")
    await a_correction(town, shop, lot, 3000, "2026-08-01T03:00:00+02:00")
    quiet = await town.a_shop()
    await town.changes("update app.shops set siret = '10000000000015' where id = $1", quiet.id)
    await a_closed_lot(town, quiet, [3000] * 29, "2026-05-12T03:00:00+02:00")
    file = tmp_path / "dac7.xml.gz"
    early = await ecopanier(town, "dac7", "2026", str(file))
    assert early.status != 0
    assert not file.exists()

    await town.clock("2027-01-02T06:33:00+01:00")
    await issues_papers(town)
    written = await ecopanier(town, "dac7", "2026", str(file))
    assert written.status == 0, written.text
    root = ElementTree.fromstring(gzip.decompress(file.read_bytes()))  # noqa: S314  we wrote it
    assert len(root.findall(".//dpi:ReportableSeller", NAMES)) == 1
    # 40 x 26.40 euros in spring, and one of them back in summer.
    assert [root.findtext(f".//dpi:ConsQ{at}", namespaces=NAMES) for at in range(1, 5)] == ["0", "1056", "-26", "0"]
    assert root.findtext(".//dpi:NumbQ2", namespaces=NAMES) == "40"

    (copy,) = (await shop.merchant.gets(f"/shops/{shop.id}/documents", kind="year"))["data"]
    table = (await shop.merchant.asks("GET", f"/documents/{copy['id']}.csv")).content.decode("utf-8-sig")
    assert "2;40;1056;144" in table
    assert (await quiet.merchant.gets(f"/shops/{quiet.id}/documents", kind="year"))["data"] == []
    # From April on, nothing of the last year is issued any more.
    await town.clock("2027-04-02T06:33:00+02:00")
    assert await issues_papers(town) == 0
