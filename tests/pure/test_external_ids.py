"""Sealed external ids: what opens them, and what does not."""

from backend.partners.external_ids import opened_external, sealed_external
from backend.settings import Settings


def test_an_external_id_opens_with_its_key_and_row_alone() -> None:
    first, second = (Settings(secret_key=f"{letter * 40}") for letter in "ab")
    sealed = sealed_external(first, b"row", "CCAS-1")

    assert opened_external(first, b"row", sealed) == "CCAS-1"
    assert opened_external(second, b"row", sealed) is None
    assert opened_external(first, b"another row", sealed) is None
