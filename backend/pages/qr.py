"""Draw the square of a pass: what it says comes from the API, and a page draws it without asking again."""

from typing import Any

import qrcode

BORDER = 4  # modules of white, as readers expect


def drawn(text: str) -> tuple[str, str]:
    """Return the `viewBox` of a QR's drawing and the path of its dark modules, a stroke for each run in a row."""
    code: qrcode.QRCode[Any] = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=BORDER)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    strokes = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            begun = x
            while x < len(row) and row[x]:
                x += 1
            strokes.append(f"M{begun},{y}h{x - begun}v1H{begun}z")
    return f"0 0 {len(rows)} {len(rows)}", "".join(strokes)


def svg(text: str) -> str:
    """Return a QR as an SVG document, dark on white."""
    box, path = drawn(text)
    size = box.rpartition(" ")[2]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" shape-rendering="crispEdges">'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path d="{path}"/></svg>'
    )
