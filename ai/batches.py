"""Read a batch (lot number) as a label prints it: "L2447A", "L 2447 B", "Lot n° 24-478"."""

import re
import unicodedata

MAX_CHARACTERS = 20  # without spaces; GS1 General Specifications, AI 10
PATTERN = rf"^[!-~°](?: ?[!-~°]){{0,{MAX_CHARACTERS - 1}}}$"
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")


def plain_batch(printed: str) -> str:
    """Return the batch in plain characters: ASCII dashes, no invisible characters, one space where there were some.

    The result is a batch if it matches `PATTERN`. The spaces of the label are kept, because whoever compares the batch
    of a recall with the food in hand looks for what is printed there.
    """
    compatible = unicodedata.normalize("NFKC", _DASHES.sub("-", printed))
    return " ".join("".join(c for c in compatible if unicodedata.category(c) != "Cf").split())


def read_batch(printed: str) -> str | None:
    """Return the batch in plain characters, or None if the text is not a batch."""
    plain = plain_batch(printed)
    return plain if re.fullmatch(PATTERN, plain) else None
