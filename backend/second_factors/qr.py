"""The QR that an authenticator app scans."""

import io
from typing import Any

import qrcode
from qrcode.image.svg import SvgPathFillImage


def svg(text: str) -> str:
    """Return a QR as SVG, one path on white."""
    drawn: qrcode.QRCode[Any] = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, box_size=10, border=4)
    drawn.add_data(text)
    drawn.make(fit=True)
    picture = io.BytesIO()
    drawn.make_image(image_factory=SvgPathFillImage).save(picture)
    return picture.getvalue().decode()
