"""Read bar codes in a picture with zxing-cpp: EAN-13, EAN-8, UPC, GS1 DataMatrix, GS1-128, GS1 DataBar."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from math import dist

import zxingcpp
from PIL.Image import Image

from ai.gs1 import Elements, NotGs1, as_gtin, read_elements

# Print, folds and shelves make bands of bars that are a few pixels high, of which one in some hundred photos happens to
# be a number with the right check digit. The bars of a code on food are far higher.
_LOWEST = 5  # px
_LINEAR = (zxingcpp.BarcodeFormat.EANUPC, zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.DataBar)


@dataclass(frozen=True, slots=True)
class Codes:
    """The content of all codes in one picture. ignored: the number of codes that break the GS1 rules."""

    elements: list[Elements] = field(default_factory=list)
    gtins: list[str] = field(default_factory=list)
    ignored: int = 0


def codes_in(pixels: Image, today: date) -> Codes:
    """Decode every code in the picture. Takes 50 to 250 ms for 4 megapixels and releases the GIL meanwhile.

    A code of bars that are less than 5 px high counts only if it is read at two places.
    """
    elements: list[Elements] = []
    gtins: list[str] = []
    ignored = 0
    wanted = zxingcpp.BarcodeFormats([*_LINEAR, zxingcpp.BarcodeFormat.DataMatrix])
    # Looking for light codes on a dark ground would double the time, and labels are not printed that way.
    found = zxingcpp.read_barcodes(pixels.convert("L"), formats=wanted, try_invert=False)
    reads = Counter(code.text for code in found)
    for code in found:
        if code.symbology in _LINEAR and _height(code) < _LOWEST and reads[code.text] < 2:
            continue
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


def _height(code: zxingcpp.Barcode) -> float:
    """Return the height of a code's bars in px, however it is turned."""
    corners = code.position
    left, right = (corners.top_left, corners.bottom_left), (corners.top_right, corners.bottom_right)
    return 1 + min(dist((top.x, top.y), (bottom.x, bottom.y)) for top, bottom in (left, right))
