"""Coordinates in a query: `near=48.5734,7.7521`."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

DECIMALS = 7  # of a degree; a centimetre


def degrees(near: str) -> tuple[float, float]:
    """Return latitude and longitude of coordinates in a query that were validated."""
    latitude, longitude = map(float, near.split(","))
    return latitude, longitude


def _on_the_map(written: str) -> str:
    latitude, longitude = (round(angle, DECIMALS) for angle in degrees(written))
    if not (-85 <= latitude <= 85 and -180 <= longitude <= 180):
        raise ValueError("latitude from -85 to 85, longitude from -180 to 180")
    return f"{latitude},{longitude}"


Near = Annotated[
    str,
    StringConstraints(
        max_length=100,
        pattern=r"^\s*[+-]?[0-9]{1,2}(\.[0-9]{1,25})?([eE]-[0-9]{1,2})?\s*,\s*[+-]?[0-9]{1,3}(\.[0-9]{1,25})?([eE]-[0-9]{1,2})?\s*$",
    ),
    AfterValidator(_on_the_map),
]
"""latitude,longitude in degrees (WGS 84), rounded to 7 decimals."""
