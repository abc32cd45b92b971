"""Reads a printed PDF as a camera does: its pages, their text and their QR codes."""

from dataclasses import dataclass
from typing import Any

import pypdfium2
import zxingcpp

MILLIMETRE = 72 / 25.4  # in points


@dataclass(frozen=True)
class Sheet:
    """A page: its size in mm, its text, and its QR codes as (mm from the left, mm from the top, content)."""

    width: float
    height: float
    words: str
    qrs: list[tuple[float, float, str]]

    @property
    def secrets(self) -> list[str]:
        """The contents of the QR codes, row by row."""
        return [text for _, _, text in self.qrs]


def printed(pdf: bytes, dpi: int = 150) -> list[Sheet]:
    """Return the pages of a PDF, rendered at a home printer's resolution."""
    document: Any = pypdfium2.PdfDocument(pdf)
    try:
        return [_sheet(page, dpi) for page in document]
    finally:
        document.close()


def _sheet(page: Any, dpi: int) -> Sheet:
    width, height = page.get_size()
    picture = page.render(scale=dpi / 72, grayscale=True).to_pil()
    read = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
    found = [(code.position.top_left.x / dpi * 25.4, code.position.top_left.y / dpi * 25.4, code.text) for code in read]
    return Sheet(
        width / MILLIMETRE,
        height / MILLIMETRE,
        " ".join(page.get_textpage().get_text_range().split()),
        sorted(found, key=lambda qr: (round(qr[1]), qr[0])),
    )
