"""CSV for French spreadsheets: opens as it is meant, and computes nothing."""

import csv
import io
from decimal import Decimal

import pytest

from backend.spreadsheets import Cell, cell, csv_of


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.mark.parametrize(
    "formula", ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", '=HYPERLINK("x")']
)
def test_what_a_spreadsheet_would_compute_is_text(formula: str) -> None:
    [[_], [shown]] = read(csv_of(["Nom"], [[formula]]))
    assert shown.startswith("'")
    assert "\0" not in shown
    assert csv_of([formula], []).decode("utf-8-sig").lstrip('"').startswith("'")  # nor does a header


def test_what_computes_nothing_stays_as_it_is() -> None:
    """The control: only what is dangerous is changed, and numbers may be negative."""
    rows: list[list[Cell]] = [["Épicerie; « du port »", 'dite "la Belle"', "2026-10"], [None, -3, Decimal("-4.50")]]
    content = csv_of(["Nom", "Dit", "Mois"], rows)
    assert content.startswith(b"\xef\xbb\xbf")
    assert read(content)[1:] == [["Épicerie; « du port »", 'dite "la Belle"', "2026-10"], ["", "-3", "-4,50"]]
    assert cell("a=1") == "a=1"
