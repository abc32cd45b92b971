"""Draws the parts of a territory as SVG: a circle for each, as large as what it saved, and the outlines of zones.

The projection is a plain one: degrees of longitude are shortened by the cosine of the middle latitude. That is right
enough for anything up to France.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians, sqrt
from typing import Any

WIDTH = 420
MOST_HEIGHT = 460
MARGIN = 26
LARGEST, SMALLEST = 22.0, 4.0
MOST_CIRCLES = 150
MOST_NAMES = 6
LETTER = 6.2  # the width of one in a name, about
METROPOLITAN = (-5.5, 41.0, 10.0, 51.5)
"""West, south, east and north of what the map of France shows."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Circle:
    """A part on the map. told: whether its figures are published; name: empty where there is no room for it."""

    x: float
    y: float
    r: float
    told: bool
    name: str


@dataclass(frozen=True)
class Drawn:
    """A map. outlines: of zones, as paths; left_out: the names of parts that lie outside of it or have no place."""

    width: int
    height: int
    circles: Sequence[Circle]
    outlines: Sequence[str]
    left_out: Sequence[str]


def drawn(features: Sequence[Mapping[str, Any]], amount: str, within: tuple[float, ...] | None = None) -> Drawn | None:
    """Return the map of the features of a GeoJSON of figures; None if none of them has a place.

    amount: the figure that circles are as large as, of the first period of each feature. within: the bounds of the map.
    """
    shown, left_out = [], []
    for one in features:
        at = _centre(one["geometry"])
        if at is None or (within and not (within[0] <= at[0] <= within[2] and within[1] <= at[1] <= within[3])):
            left_out.append(str(one["properties"]["name"]))
        else:
            shown.append((one, at))
    if not shown:
        return None
    rings = [ring for one, _ in shown for ring in _rings(one["geometry"])]
    points = [at for _, at in shown] + [point for ring in rings for point in ring]
    place = _projection(points)
    amounts = [one["properties"]["figures"][0].get(amount) or 0 for one, _ in shown]
    most = max(amounts) or 1
    order = sorted(range(len(shown)), key=lambda number: -amounts[number])[:MOST_CIRCLES]
    circles: list[Circle] = []
    boxes: list[tuple[float, float, float, float]] = []
    for number in order:
        one, at = shown[number]
        x, y = place(at)
        told = not one["properties"]["figures"][0]["suppressed"]
        r = max(SMALLEST, LARGEST * sqrt(max(0, amounts[number]) / most)) if told else SMALLEST
        name = str(one["properties"]["name"]) if len(boxes) < MOST_NAMES else ""
        if name:
            half = LETTER * len(name) / 2
            box = (x - half, y - r - 16, x + half, y - r - 2)
            if box[0] < 0 or box[2] > WIDTH or any(_meet(box, other) for other in boxes):
                name = ""
            else:
                boxes.append(box)
        circles.append(Circle(round(x, 1), round(y, 1), round(r, 1), told, name))
    outlines = ["M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in map(place, ring)) + "Z" for ring in rings]
    height = round(max(place(point)[1] for point in points) + MARGIN)
    return Drawn(WIDTH, height, circles, outlines, left_out)


def _projection(points: Sequence[Point]) -> Any:
    """Return a function from longitude and latitude to the map, on which all these points have room."""
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    narrow = cos(radians((south + north) / 2))
    wide, high = (east - west) * narrow, north - south
    room = WIDTH - 2 * MARGIN
    scale = min(room / wide if wide else room, (MOST_HEIGHT - 2 * MARGIN) / high if high else room)
    left = (WIDTH - wide * scale) / 2

    def place(point: Point) -> Point:
        return left + (point[0] - west) * narrow * scale, MARGIN + (north - point[1]) * scale

    return place


def _centre(geometry: Mapping[str, Any] | None) -> Point | None:
    """Return the point of a part, or the middle of the corners of a zone."""
    if geometry is None:
        return None
    if geometry["type"] == "Point":
        return geometry["coordinates"][0], geometry["coordinates"][1]
    corners = [point for ring in _rings(geometry) for point in ring[:-1]]
    return sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners)


def _rings(geometry: Mapping[str, Any] | None) -> Iterator[list[Point]]:
    """Yield the outer rings of a polygon or of several."""
    kind = geometry["type"] if geometry else ""
    polygons = geometry["coordinates"] if geometry else []
    for rings in [polygons] if kind == "Polygon" else polygons if kind == "MultiPolygon" else []:
        yield [(point[0], point[1]) for point in rings[0]]


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
