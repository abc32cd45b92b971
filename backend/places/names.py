"""The keys under which a place is found: names and postcodes in plain letters, digits and spaces.

Names and questions are written the same way: no accents, no capitals, no hyphens or apostrophes, « saint » for « St »,
and the bare number of an arrondissement.
"""

import re
from typing import NamedTuple

from anyascii import anyascii

from backend.places.communes import Commune

_LONG = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_ORDINAL = re.compile(r"0?([1-9]|1[0-9]|20)(?:er|e|em|eme|ieme)?")
_AREA = re.compile(r"[0-9]{2,5}|2[ab]")
_ARTICLES = ("le", "la", "les", "l")
_SMALL = {*_ARTICLES, "d", "de", "du", "des", "en", "et", "a", "au", "aux", "sur", "sous", "arrondissement"}


class Beginnings(NamedTuple):
    """Beginnings of keys, and for each that of an area, or "" for anywhere."""

    keys: list[str]
    areas: list[str]


def words_of(text: str) -> list[str]:
    """Return the words of a name or question in plain small letters and digits."""
    return re.findall(r"[a-z0-9]+", anyascii(text).lower())


def keys_of(commune: Commune) -> dict[str, bool]:
    """Return the keys of a commune. True: people begin its name so; False: a later word of its name, or its code.

    Leading articles may be left out: « Havre » begins Le Havre.
    """
    keys = keys_of_name(commune.name)
    if not commune.has_arrondissements:  # its postcodes are those of its arrondissements
        keys |= dict.fromkeys(commune.postcodes, True)
    keys.setdefault(commune.insee_code.lower(), False)
    return keys


def keys_of_name(name: str) -> dict[str, bool]:
    """Return the keys of a name, as `keys_of` does."""
    words = _spelled_out(words_of(name))
    starts = [0]
    while len(words) > starts[-1] + 1 and words[starts[-1]] in _ARTICLES:
        starts.append(starts[-1] + 1)
    keys = {
        " ".join(words[at:]): False for at, word in enumerate(words) if word not in _SMALL and not word[0].isdigit()
    }
    return keys | {" ".join(words[at:]): True for at in starts}


def area_of(commune: Commune) -> str:
    """Return the département and postcodes of a commune, each between two spaces, in small letters."""
    postcodes = () if commune.has_arrondissements else commune.postcodes
    return f" {' '.join([commune.department.lower(), *postcodes])} "


def questions(text: str) -> Beginnings:
    """Return the beginnings that answer a question.

    A number beside words is that of an arrondissement, a postcode or a département: « Paris 11 », « 67000 Strasbourg ».
    """
    words = words_of(text)
    if not words:
        return Beginnings([], [])
    spelled = _spelled_out(words)
    found = [(" ".join(spelled), "")]
    if spelled[-1].isdigit() and len(spelled) > 1 and len(spelled[-1]) < 3:
        found = [(f"{found[0][0]} ", "")]  # the 1st arrondissement is not the 11th
    if words[-1] in _LONG:  # may be the beginning of Strasbourg
        found.append((" ".join([*spelled[:-1], words[-1]]), ""))
    for at, word in enumerate(words):
        rest = words[:at] + words[at + 1 :]
        if rest and _AREA.fullmatch(word):
            found.append((" ".join(_spelled_out(rest)), f" {word}"))
    return Beginnings([key for key, _ in found], [area for _, area in found])


def _spelled_out(words: list[str]) -> list[str]:
    """Return words with « st » as « saint » and ordinals after the first word as bare numbers: « 11e » as « 11 »."""
    long = [_LONG.get(word, word) for word in words]
    return long[:1] + [ordinal[1] if (ordinal := _ORDINAL.fullmatch(word)) is not None else word for word in long[1:]]
