"""Reads what scanners and people type: our QR codes in any case and keyboard layout, codes and PINs with spaces.

A scanner acts as a keyboard. If the computer expects another layout, or Caps Lock is on, other characters arrive.
"""

import re
import unicodedata

# Both tables map upper-case letters. The scanner types as on a US keyboard, the computer has a French or Belgian one.
_FRENCH_COMPUTER = str.maketrans(
    "AQZWM?,;$" + "&É\"'(-È_ÇÀ§!",
    "QAWZ:MMM]" + "123456789068",
)
# The scanner types as on a French keyboard, the computer has a US one.
_FRENCH_SCANNER = str.maketrans(
    "AQZW;:.<" + "!@#$%^&*()",
    "QAWZMM::" + "1234567890",
)
# A scanner may send the kind of the code first: `]Q1` stands for a QR code.
_SYMBOLOGY = r"(?:\]Q[0-9])?"
# Unicode's categories of spaces, controls and invisible characters; then those of dashes too.
_INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
_SPACING = _INVISIBLE | {"Pd"}


def scanned(text: str, begin: str, *lengths: int) -> list[str] | None:
    """Return the parts of one of our QR codes that follow its `begin`; None if it cannot be one.

    begin: such as `EP1`. lengths: how many letters and digits each part has.
    """
    wanted = re.compile(_SYMBOLOGY + begin + "".join(f":([0-9A-Z]{{{length}}})" for length in lengths))
    shown = _without(_INVISIBLE, text)
    for layout in ({}, _FRENCH_COMPUTER, _FRENCH_SCANNER):
        # The colons show which layout is right: under a wrong one they are letters or other signs.
        if found := wanted.fullmatch(shown.translate(layout)):
            return list(found.groups())
    return None


def typed(text: str) -> str:
    """Return a typed code or PIN in capitals, without the spaces, dashes and invisible characters in it."""
    return _without(_SPACING, text)


def _without(categories: frozenset[str], text: str) -> str:
    shown = unicodedata.normalize("NFKC", text).upper()
    return "".join(character for character in shown if unicodedata.category(character) not in categories)
