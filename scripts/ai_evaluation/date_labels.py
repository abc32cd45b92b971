"""Labels with the dates that French shelves have, drawn and badly photographed: each kind of label in 7 conditions.

The pictures are the same on every run with the same fonts. What is printed is known, so that what was read can be told
right from earlier, later, invented, or of the wrong kind.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

from ai.label_dates import LabelDate
from ai.vocabulary import DateKind
from scripts.ai_evaluation.cases import TODAY
from scripts.ai_evaluation.drawing import INK, PAPER, SIZE, WOOD, font, photographed

USE_BY, BEST_BEFORE = DateKind.USE_BY, DateKind.BEST_BEFORE
_SOON, _LATER = range(1, 26), range(60, 700)  # days from now
_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip
_SHORT = ("JAN", "FEV", "MAR", "AVR", "MAI", "JUIN", "JUIL", "AOUT", "SEP", "OCT", "NOV", "DEC")
_FONTS = (
    "DejaVuSans", "DejaVuSansCondensed", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSansMono", "LiberationSans-Regular",
)  # fmt: skip
_TITLES = (
    "QUICHE LORRAINE", "FILET DE POULET", "MOUSSE AU CHOCOLAT", "YAOURT NATURE", "SALADE PIEMONTAISE", "JAMBON SEC",
    "CREME FRAICHE", "TARTE AUX POMMES", "SAUMON FUME", "LASAGNES",
)  # fmt: skip
_DETAILS = (
    "LAIT, OEUFS, FARINE DE BLE", "Catégorie A  FR 67.482.001 CE", "Ingrédients : lait, sucre, cacao 12 %",
    "Poids net 0,450 kg  Prix 5,81 EUR", "A conserver entre 0 et +4 °C", "Lot L2447A  14:32",
)  # fmt: skip
_TITLE_SIZE, _SIZES, _DETAIL_SIZE = 46, range(36, 46), 26  # px
_DOTS, _COLUMN = "dots ", " | "


@dataclass(frozen=True, slots=True)
class Print:
    """The text of one kind of label. days: how far ahead its date may be; None if none of its dates is a food's.

    A line with " | " has two columns; one that begins with "dots " is printed in dots.
    """

    lines: tuple[str, ...]
    kind: DateKind | None = None
    days: range | None = None
    of_month: bool = False


def _use_by(*lines: str) -> Print:
    return Print(lines, USE_BY, _SOON)


def _best_before(*lines: str, of_month: bool = False) -> Print:
    return Print(lines, BEST_BEFORE, _LATER, of_month)


PRINTS = {
    "use-by": _use_by("A consommer jusqu'au {date}"),
    "use-by, dots and accents": _use_by("À consommer jusqu'au : {dd}.{mm}.{yyyy}"),
    "use-by, next line with batch": _use_by("A consommer jusqu'au :", "{date}  L2447A"),
    "use-by, DLC": _use_by("DLC {date}", "Lot 24478"),
    "use-by, DLC with spaces": _use_by("DLC : {dd} {mm} {yy}"),
    "use-by, A CONS. JUSQU'AU": _use_by("A CONS. JUSQU'AU {date}"),
    "use-by, EXP": _use_by("EXP {dd}/{mm}/{yyyy}"),
    "use-by, EXP in six digits": _use_by("EXP {dd}{mm}{yy}"),
    "use-by, no year": _use_by("A consommer jusqu'au {dd}/{mm}"),
    "use-by, day and month's name": _use_by("A consommer jusqu'au {d} {month}"),
    "use-by, month's short name": _use_by("A CONSOMMER JUSQU'AU {dd} {MON} {yyyy}"),
    "use-by, printed in dots": _use_by("A consommer jusqu'au :", "dots {date} L2447A"),
    "use-by and making": _use_by("A consommer jusqu'au {date}", "Date de fabrication {made}"),
    "use-by and packing, table": _use_by("Emballé le | A consommer jusqu'au", "{made} | {date}"),
    "use-by and slaughter": _use_by("Abattu le {made}", "DLC {date}", "Origine France"),
    "use-by and cooking": _use_by("Cuit le {made}", "A consommer jusqu'au {date}"),
    "use-by and telephone": _use_by("A consommer jusqu'au {date}", "Service conso : 01 02 03 04 05"),
    "use-by and offer": _use_by("DLC {date}", "Offre valable jusqu'au 31/12/27"),
    "best-before": _best_before("A consommer de préférence avant le", "{dd}/{mm}/{yyyy}"),
    "best-before, de préf.": _best_before("A cons. de préf. avant le {date}"),
    "best-before, year first": _best_before("DDM {yyyy}/{mm}/{dd}"),
    "best-before, DCR of eggs": _best_before("DCR {date}", "Pondu le {made}"),
    "best-before, fin 06/27": _best_before("A consommer de préférence", "avant fin {mm}/{yy}", of_month=True),
    "best-before, DDM: 06 2027": _best_before("DDM: {mm} {yyyy}", of_month=True),
    "best-before, DDM 06/27": _best_before("DDM {mm}/{yy}", of_month=True),
    "best-before, JUIN 27": _best_before("A consommer de préférence avant fin", "{MON} {yy}", of_month=True),
    "a date alone": Print(("{date}  L2447A",), None, _SOON),
    "no food date: packed": Print(("Emballé le {made}", "Prix au kg 12,90 EUR")),
    "no food date: telephone": Print(("Service conso 09 12 28 10 10", "www.exemple.fr")),
    "no food date: offer": Print(("Offre valable jusqu'au 31/12/27", "2 achetés = 1 remboursé")),
    "no food date: batch and weight": Print(("Lot 26 328 14:05", "Poids net 12,03 kg")),
}


@dataclass(frozen=True, slots=True)
class DateLabel:
    """A photo of a label. expected: None if the label has no date that food has."""

    kind: str
    condition: str
    lines: tuple[str, ...]
    expected: LabelDate | None
    picture: Callable[[], Image.Image]


def drawn_labels(conditions: tuple[str, ...] = (), series: int = 0, in_turn: bool = False) -> Iterator[DateLabel]:
    """Yield the labels of each kind in these conditions, or in all.

    series: another number draws other days and fonts. in_turn: each kind once only, in one condition after the other.
    """
    chosen = conditions or tuple(CONDITIONS)
    for row, (kind, printed) in enumerate(PRINTS.items()):
        for column, condition in enumerate(CONDITIONS):
            if condition in chosen and not (in_turn and condition != chosen[row % len(chosen)]):
                yield _label(kind, printed, condition, 10_000 * series + 100 * row + column)


def _label(kind: str, printed: Print, condition: str, seed: int) -> DateLabel:
    chance = random.Random(seed)  # noqa: S311 - a picture, the same each time
    day = TODAY + timedelta(days=chance.choice(printed.days or _SOON))
    if printed.of_month:
        day = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    made = TODAY - timedelta(days=chance.randrange(6))
    lines = tuple(
        line.format(
            date=f"{day:%d/%m/%y}", made=f"{made:%d/%m/%y}", dd=f"{day:%d}", mm=f"{day:%m}", yy=f"{day:%y}",
            yyyy=day.year, d=day.day, month=_MONTHS[day.month - 1], MON=_SHORT[day.month - 1],
        )
        for line in printed.lines
    )  # fmt: skip
    expected = LabelDate(day, printed.kind) if printed.days is not None else None

    def picture() -> Image.Image:
        again = random.Random(seed)  # noqa: S311
        return CONDITIONS[condition](_drawn(lines, again), again)

    return DateLabel(kind, condition, lines, expected, picture)


def _drawn(lines: tuple[str, ...], chance: random.Random) -> Image.Image:
    """Draw a label on a board: a title, something small, then the lines."""
    name, size = chance.choice(_FONTS), chance.choice(_SIZES)
    rows: list[tuple[tuple[str, ...], int]] = [((chance.choice(_TITLES),), _TITLE_SIZE)]
    rows += [((chance.choice(_DETAILS),), _DETAIL_SIZE)]
    rows += [(tuple(line.split(_COLUMN)), size) for line in lines]
    fonts = {points: font(points, name) for points in (_TITLE_SIZE, size, _DETAIL_SIZE)}
    picture = Image.new("RGB", SIZE, WOOD)
    draw = ImageDraw.Draw(picture)
    second = 70 + max((draw.textlength(row[0], fonts[points]) for row, points in rows if len(row) > 1), default=0)
    ends = [second * (len(row) - 1) + draw.textlength(row[-1], fonts[points]) for row, points in rows]
    width, height = 120 + max(ends), 130 + sum(int(1.55 * points) for _, points in rows)
    left, top = (SIZE[0] - width) // 2, (SIZE[1] - height) // 2
    draw.rounded_rectangle((left, top, left + width, top + height), 14, fill=PAPER)
    at = top + 50
    for row, points in rows:
        for text, x in zip(row, (left + 60, left + 60 + second), strict=False):
            if text.startswith(_DOTS):
                _draw_in_dots(draw, (x, at), text.removeprefix(_DOTS), points)
            else:
                draw.text((x, at), text, fill=INK, font=fonts[points])
        at += int(1.55 * points)
    return picture


def _draw_in_dots(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, points: int) -> None:
    """Print as an ink jet beside a conveyor belt does: a dot for each pixel of a coarse font."""
    mask = ImageFont.load_default_imagefont().getmask(text)
    step = points / 9
    for y in range(mask.size[1]):
        for x in range(mask.size[0]):
            if mask.getpixel((x, y)):
                left, top = at[0] + x * step, at[1] + y * step
                draw.ellipse((left, top, left + step * 0.95, top + step * 0.95), fill=INK)


def _turned(picture: Image.Image, chance: random.Random) -> Image.Image:
    return photographed(picture, turn=chance.uniform(-8, 8), noise=0.06)


def _slanted(picture: Image.Image, chance: random.Random) -> Image.Image:
    return photographed(picture, turn=chance.uniform(-3, 3), slant=chance.uniform(0.1, 0.3), noise=0.06)


def _small(picture: Image.Image, chance: random.Random) -> Image.Image:
    part = chance.uniform(0.4, 0.55)
    small = picture.resize((int(picture.width * part), int(picture.height * part)), Image.Resampling.LANCZOS)
    board = Image.new("RGB", picture.size, WOOD)
    board.paste(small, (chance.randrange(50, 650), chance.randrange(50, 450)))
    return photographed(board, turn=chance.uniform(-1, 1), noise=0.04)


def _blurred(picture: Image.Image, chance: random.Random) -> Image.Image:
    return photographed(picture, noise=0.03).filter(ImageFilter.GaussianBlur(chance.uniform(3, 5)))


def _dark(picture: Image.Image, chance: random.Random) -> Image.Image:
    dark = ImageEnhance.Brightness(picture).enhance(chance.uniform(0.25, 0.45))
    return photographed(dark, turn=chance.uniform(-2, 2), noise=0.2)


def _pale(picture: Image.Image, chance: random.Random) -> Image.Image:
    pale = photographed(ImageEnhance.Contrast(picture).enhance(chance.uniform(0.2, 0.35)), noise=0.06)
    written = BytesIO()
    pale.save(written, "JPEG", quality=25)
    return Image.open(written)


CONDITIONS: dict[str, Callable[[Image.Image, random.Random], Image.Image]] = {
    "clean": lambda picture, chance: photographed(picture, noise=0.03),
    "turned": _turned,
    "slanted": _slanted,
    "blurred": _blurred,
    "dark": _dark,
    "small": _small,
    "pale": _pale,
}
