"""Draw what shops photograph (labels with print and real codes, shelves), then distort it like a bad photo.

If no font is installed, Pillow's own is used.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import zxingcpp
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

SIZE = (1600, 1200)
WOOD, PAPER, INK = (122, 92, 66), (250, 248, 242), (20, 20, 24)


@dataclass(frozen=True, slots=True)
class Code:
    """One bar code. content: digits, or for GS1 codes `(01)…(17)…`."""

    format: zxingcpp.BarcodeFormat
    content: str
    scale: int = 4

    def drawn(self) -> Image.Image:
        """Return the code in black on white, with its quiet zone."""
        gs1 = {"gs1": True} if self.content.startswith("(") else {}
        view = memoryview(zxingcpp.create_barcode(self.content, self.format, **gs1).to_image(scale=self.scale))  # type: ignore[arg-type]
        height, width = view.shape or (0, 0)
        return Image.frombytes("L", (width, height), view.tobytes())


def font(size: int, name: str = "DejaVuSans") -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return a font of this height in pixels, on any machine."""
    try:
        return ImageFont.truetype(f"{name}.ttf", size)
    except OSError:
        return ImageFont.load_default(size)


def label(lines: Sequence[str], codes: Sequence[Code] = ()) -> Image.Image:
    """Draw a printed label on a wooden board: the first line large, the codes below."""
    picture = _board()
    draw = ImageDraw.Draw(picture)
    drawn = [code.drawn() for code in codes]
    sizes = [58 if number == 0 else 42 for number in range(len(lines))]
    longest = max(int(draw.textlength(line, font=font(size))) for line, size in zip(lines, sizes, strict=True))
    height = 190 + 62 * len(lines) + sum(code.height + 30 for code in drawn)
    width = max([800, longest + 140, *(code.width + 160 for code in drawn)])
    left, top = (SIZE[0] - width) // 2, max(20, (SIZE[1] - height) // 2)
    draw.rectangle((left, top, left + width, top + height), fill=PAPER)
    at = top + 50
    for line, size in zip(lines, sizes, strict=True):
        draw.text((left + 70, at), line, fill=INK, font=font(size))
        at += size + 22
    for code in drawn:
        picture.paste(code, (left + 70, at + 20))
        at += code.height + 30
    return picture


def shelf(pieces: int, colour: tuple[int, int, int], shape: tuple[int, int], seed: int = 1) -> Image.Image:
    """Draw things that lie in rows on a board, such as loaves or fruit, without a label."""
    picture = _board()
    draw = ImageDraw.Draw(picture)
    chance = random.Random(seed)  # noqa: S311 - a picture, the same each time
    width, height = shape
    a_row = max(1, (SIZE[0] - 160) // (width + 40))
    for number in range(pieces):
        x = 80 + (number % a_row) * (width + 40) + chance.randrange(-10, 10)
        y = 160 + (number // a_row) * (height + 50) + chance.randrange(-10, 10)
        shade = chance.randrange(-18, 18)
        fill = tuple(max(0, min(255, part + shade)) for part in colour)
        draw.ellipse((x, y, x + width, y + height), fill=fill, outline=tuple(part // 2 for part in fill), width=5)
        draw.arc((x + width // 6, y + height // 6, x + width // 2, y + height // 2), 150, 300, fill=PAPER, width=4)
    return picture


def photographed(picture: Image.Image, turn: float = 0.0, slant: float = 0.0, noise: float = 0.08) -> Image.Image:
    """Distort a picture like a telephone's photo: turned, seen from the side, unevenly lit, grainy and soft.

    turn: degrees. slant: share of the width. noise: share of the grain, from 0 to 1.
    """
    if slant:
        width, height = picture.size
        corners = (0, 0, -slant * width / 4, height, width * (1 + slant / 4), height, width, slant * height / 3)
        picture = picture.transform(
            picture.size, Image.Transform.QUAD, corners, Image.Resampling.BILINEAR, fillcolor=WOOD
        )
    turned = picture.rotate(turn, Image.Resampling.BILINEAR, expand=True, fillcolor=WOOD)
    light = Image.linear_gradient("L").resize(turned.size).point(lambda value: 150 + value * 105 // 255)
    lit = ImageChops.multiply(turned, Image.merge("RGB", (light, light, light)))
    coarse = turned.width // 2, turned.height // 2
    # Pillow's own effect_noise is different on each run.
    specks = random.Random(1).randbytes(coarse[0] * coarse[1])  # noqa: S311 - a picture, the same each time
    grain = Image.frombytes("L", coarse, specks).resize(turned.size).convert("RGB")
    return Image.blend(lit, grain, noise).filter(ImageFilter.BoxBlur(1))


def _board() -> Image.Image:
    picture = Image.new("RGB", SIZE, WOOD)
    draw = ImageDraw.Draw(picture)
    for y in range(0, SIZE[1], 150):
        draw.line((0, y, SIZE[0], y), fill=(96, 70, 50), width=4)
    return picture
