"""The current version of the terms of use, to which a new account agrees."""

from typing import Literal

# Change it here when the text changes. A consent keeps the version to which it was given.
CurrentTerms = Literal["2026-01"]
