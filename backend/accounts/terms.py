"""The terms of use that a new account agrees to."""

from typing import Literal

# The one current version: change it here when the text changes. Consents keep the version they were given to.
CurrentTerms = Literal["2026-01"]
