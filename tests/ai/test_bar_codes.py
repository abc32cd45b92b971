"""Bar codes: real decoding of pictures that the project draws, and readers that fail."""

import asyncio
import threading
from datetime import date

import pytest
import zxingcpp
from PIL import Image

from ai import Context, Drafter, local
from ai.bar_codes import Codes, codes_in
from ai.gs1 import Elements
from scripts.ai_evaluation.cases import TODAY, as_photo, drawn_cases
from scripts.ai_evaluation.drawing import Code, label
from scripts.ai_evaluation.scoring import is_right
from tests.ai.conftest import NoPrint, a_photo

EAN13, CODE128 = zxingcpp.BarcodeFormat.EAN13, zxingcpp.BarcodeFormat.Code128
MACHINE_READ = ("gtin", "batch")


async def test_codes_in_the_drawn_labels_fill_the_draft(context: Context) -> None:
    drafter = Drafter(local=local.LocalReader(NoPrint()))
    for case in drawn_cases():
        drafted = await drafter.draft_listing(as_photo(case.picture()), Context(TODAY, context.now))
        draft = drafted.draft
        coded = "GS1" in case.name
        for name in (*MACHINE_READ, *(("food_date", "date_kind") if coded else ())):
            expected = case.expected.get(name)
            if expected is None:
                assert getattr(draft, name) is None, case.name
            else:
                assert is_right(name, getattr(draft, name), expected), case.name
                assert drafted.confidence[name] > 0.9, case.name
        assert drafted.reader == "local"
    await drafter.close()


def test_every_supported_kind_of_code_is_decoded() -> None:
    kinds = zxingcpp.BarcodeFormat
    for code, gtin in (
        (Code(kinds.EAN13, "3453120000011"), "03453120000011"),
        (Code(kinds.EAN8, "96385074"), "00000096385074"),
        (Code(kinds.UPCA, "036000291452"), "00036000291452"),
        (Code(kinds.UPCE, "01234565"), "00012345000065"),
    ):
        assert codes_in(label(["X"], [code]), TODAY) == Codes([], [gtin]), code
    elements = Elements("03453120000011", "B1", date(2026, 11, 24))
    for kind in (kinds.DataMatrix, kinds.Code128, kinds.DataBarExp):
        code = Code(kind, "(10)B1(01)03453120000011(17)261124", scale=3)
        assert codes_in(label(["X"], [code]), TODAY) == Codes([elements], ["03453120000011"]), kind


def test_codes_that_do_not_identify_food_are_ignored() -> None:
    kinds = zxingcpp.BarcodeFormat
    web = Code(kinds.DataMatrix, "https://example.com/17261124")
    plain = Code(kinds.Code128, "1726112410B1", scale=3)
    inside = Code(kinds.EAN13, "2012345000001")
    assert codes_in(label(["X"], [web, plain]), TODAY) == Codes(), "codes without GS1's mark say nothing about food"
    assert codes_in(label(["X"], [inside]), TODAY) == Codes(), "a number of the shop's own scales"
    assert codes_in(Image.new("RGB", (1, 1)), TODAY) == Codes()


def test_a_band_of_bars_a_few_pixels_high_is_not_a_code() -> None:
    for kind, content in ((EAN13, "3516413512551"), (CODE128, "(01)03453120000011(17)261124")):
        bars = Code(kind, content, scale=3).drawn()
        picture = Image.new("L", (1600, 1200), "white")
        for height, expected in ((4, False), (5, True), (9, True)):
            band = picture.copy()
            band.paste(bars.crop((0, 20, bars.width, 20 + height)), (300, 400))
            codes = codes_in(band, TODAY)
            assert bool(codes.gtins or codes.elements) == expected, (kind, height)
        for at in ((300, 400), (300, 700)):
            picture.paste(bars.crop((0, 20, bars.width, 24)), at)
        assert codes_in(picture, TODAY).gtins, "two equal reads"


def test_a_code_that_breaks_gs1_s_rules_is_counted_but_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    code = Code(zxingcpp.BarcodeFormat.DataMatrix, "(91)x(17)261124")
    picture = label(["X"], [code])
    assert codes_in(picture, TODAY).elements == [Elements(use_by=date(2026, 11, 24))], "the control"
    monkeypatch.setattr("ai.gs1.calendar.monthrange", lambda year, month: (0, 0))
    code = Code(zxingcpp.BarcodeFormat.DataMatrix, "(91)x(17)261100")
    assert codes_in(label(["X"], [code]), TODAY) == Codes(ignored=1)


async def test_reading_leaves_the_event_loop_free(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    may_end = threading.Event()

    def slow(pixels: Image.Image, today: date) -> Codes:
        assert may_end.wait(20), "a blocked event loop could not have set this"
        return codes_in(pixels, today)

    monkeypatch.setattr(local, "codes_in", slow)
    drafter = Drafter()
    asyncio.get_running_loop().call_later(0.01, may_end.set)
    drafted = await drafter.draft_listing(a_photo(Image.new("RGB", (9, 9))), context)
    assert drafted.warnings == []
    await drafter.close()


async def test_a_failing_reader_leaves_a_draft_with_a_warning(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(pixels: Image.Image, today: date) -> Codes:
        raise MemoryError

    monkeypatch.setattr(local, "codes_in", broken)
    drafter = Drafter()
    drafted = await drafter.draft_listing(a_photo(Image.new("RGB", (9, 9))), context)
    assert drafted.warnings == ["photo_not_read"]
    assert drafted.draft.category == "bakery"
    await drafter.close()
    drafted = await drafter.draft_listing(a_photo(Image.new("RGB", (9, 9))), context)
    assert drafted.warnings == ["photo_not_read"], "a drafter that is closed already"
