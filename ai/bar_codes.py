"""Read bar codes in a picture with zxing-cpp: EAN-13, EAN-8, UPC, GS1 DataMatrix, GS1-128, GS1 DataBar."""

from dataclasses import dataclass, field
from datetime import date

import zxingcpp
from PIL.Image import Image

from ai.gs1 import Elements, NotGs1, as_gtin, read_elements


@dataclass(frozen=True, slots=True)
class Codes:
    """The content of all codes in one picture. ignored: the number of codes that break the GS1 rules."""

    elements: list[Elements] = field(default_factory=list)
    gtins: list[str] = field(default_factory=list)
    ignored: int = 0


def codes_in(pixels: Image, today: date) -> Codes:
    """Decode every code in the picture. Takes 50 to 250 ms for 4 megapixels and releases the GIL meanwhile."""
    elements: list[Elements] = []
    gtins: list[str] = []
    ignored = 0
    wanted = zxingcpp.BarcodeFormats(
        [
            zxingcpp.BarcodeFormat.EANUPC,
            zxingcpp.BarcodeFormat.DataMatrix,
            zxingcpp.BarcodeFormat.Code128,
            zxingcpp.BarcodeFormat.DataBar,
        ]
    )
    # Looking for light codes on a dark ground would double the time, and labels are not printed that way.
    for code in zxingcpp.read_barcodes(pixels.convert("L"), formats=wanted, try_invert=False):
        if code.symbology == zxingcpp.BarcodeFormat.EANUPC:
            gtin = as_gtin(code.text)
            gtins += [gtin] if gtin else []
        elif code.content_type == zxingcpp.ContentType.GS1:
            try:
                said = read_elements(code.bytes.decode("ascii"), today)
            except (NotGs1, UnicodeDecodeError):
                ignored += 1
                continue
            elements.append(said)
            gtins += [said.gtin] if said.gtin else []
    return Codes(elements, list(dict.fromkeys(gtins)), ignored)
