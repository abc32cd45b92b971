"""Sheets of cards to print and cut: A4, ten cards of 85.6 by 54 mm, as PDF."""

import asyncio
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import qrcode
from qrcode.image.svg import SvgPathImage

from backend.files.typesetting import typeset

_SHEET = (Path(__file__).parent / "sheet.typ").read_bytes()
# One sheet at a time: a hundred cards take three seconds of processor time, and requests need theirs.
_press = ThreadPoolExecutor(1, thread_name_prefix="cards")


@dataclass(frozen=True)
class PrintedCard:
    """The contents of one card: the beneficiary code and the text of its QR."""

    code: str
    qr: str


async def sheets(cards: Sequence[PrintedCard]) -> bytes:
    """Return a PDF of cards, ten a page. It takes a third of a second a page."""
    return await asyncio.get_running_loop().run_in_executor(_press, _typeset, cards)


def _typeset(cards: Sequence[PrintedCard]) -> bytes:
    return typeset(_SHEET, cards=[{"code": card.code, "qr": _drawn(card.qr)} for card in cards])


def _drawn(text: str) -> str:
    """Return a QR as SVG. It can be read with up to a quarter of it scratched off."""
    drawn: qrcode.QRCode[Any] = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_Q, border=4)
    drawn.add_data(text)
    drawn.make(fit=True)
    picture = io.BytesIO()
    drawn.make_image(image_factory=SvgPathImage).save(picture)
    return picture.getvalue().decode()
