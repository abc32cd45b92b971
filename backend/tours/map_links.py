"""Links that open the way to a place in a map: always by coordinates, because addresses are often not found."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class MapLinks:
    """Addresses of one place: `geo` for the telephone's own choice, and three maps."""

    geo: str
    apple: str
    google: str
    openstreetmap: str


def map_links(latitude: float, longitude: float, name: str) -> MapLinks:
    """Return the links to a place. name: shown at the mark, and never searched for."""
    place = f"{_degrees(latitude)},{_degrees(longitude)}"
    return MapLinks(
        geo=f"geo:{place}?q={place}({quote(name, safe='')})",
        apple=f"https://maps.apple.com/?daddr={place}",
        google=f"https://www.google.com/maps/dir/?api=1&destination={place}",
        openstreetmap=(
            f"https://www.openstreetmap.org/?mlat={_degrees(latitude)}&mlon={_degrees(longitude)}"
            f"#map=18/{_degrees(latitude)}/{_degrees(longitude)}"
        ),
    )


def _degrees(value: float) -> str:
    """Return degrees to a metre or so, never in the form 1e-05."""
    return f"{value:.6f}".rstrip("0").rstrip(".")
