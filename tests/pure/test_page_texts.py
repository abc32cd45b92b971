"""The texts of the pages in their languages, and how amounts, days and hours are written."""

import string
from datetime import UTC, datetime

import pytest

from backend.pages.amounts import Amounts
from backend.pages.texts import french_spaces, texts

NOW = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts() -> None:
    french, english = texts("fr"), texts("en")
    assert french.keys == english.keys
    values = {name: "x" for found in (french, english) for text in found.templates for name in _places(text)} | {"n": 2}
    for key in french.keys:
        assert french(key, **values)  # type: ignore[arg-type]
        assert _places(french.template(key)) <= _places(english.template(key)) | {"n"}, key


@pytest.mark.parametrize(
    ("n", "said"), [(0, "0 portion"), (1, "1 portion"), (2, "2 portions"), (1_000_000, "1000000 portions")]
)
def test_plurals_follow_the_language(n: int, said: str) -> None:
    assert texts("fr")("common.portions", n=n) == said
    assert texts("en")("common.portions", n=0) == "0 portions"


def test_french_punctuation_gets_spaces_that_do_not_break() -> None:
    assert french_spaces("Où ? « Ici » : 5 € ; 10 %") == "Où\u202f? «\u00a0Ici\u00a0»\u00a0: 5\u202f€\u202f; 10\u202f%"


def test_texts_of_the_api_get_the_signs_of_the_pages() -> None:
    assert texts("fr").typeset("L'heure : de 08 h 30 à 18 h 00 !") == (
        "L’heure\u00a0: de 8\u00a0h\u00a030 à 18\u00a0h\u202f!"
    )
    assert texts("en").typeset("It's 18:00!") == "It's 18:00!"


@pytest.mark.parametrize(
    ("written", "french", "english"),
    [
        (lambda w: w.number(1234567.5, 1), "1\u202f234\u202f567,5", "1,234,567.5"),
        (lambda w: w.euros(123450), "1\u202f234,50\u00a0€", "€1,234.50"),
        (lambda w: w.kilograms(0.4), "0,4\u00a0kg", "0.4\u00a0kg"),
        (lambda w: w.kilograms(0), "0\u00a0kg", "0\u00a0kg"),
        (lambda w: w.kilograms(9.04), "9\u00a0kg", "9\u00a0kg"),
        (lambda w: w.distance(310), "à 4 min à pied", "4 min on foot"),
        (lambda w: w.distance(3210), "à 3,2 km", "3.2 km away"),
        (lambda w: w.hour("2026-11-28T16:15:00Z"), "17\u00a0h\u00a015", "17:15"),
        (lambda w: w.hour("2026-11-28T17:00:00Z"), "18\u00a0h", "18:00"),
        (
            lambda w: w.window("2026-11-29T16:15:00Z", "2026-11-29T17:30:00Z"),
            "demain, 17\u00a0h\u00a015 – 18\u00a0h\u00a030",
            "tomorrow, 17:15 – 18:30",
        ),
        (
            lambda w: w.hours("2026-11-28T14:00:00Z", "2026-11-28T15:00:00Z", "Indian/Reunion"),
            "18\u00a0h – 19\u00a0h (heure de La Réunion)",
            "18:00 – 19:00 (Réunion time)",
        ),
        (lambda w: w.day("2026-11-28T16:15:00Z"), "samedi 28 novembre", "Saturday 28 November"),
    ],
)
def test_amounts_are_written_as_each_language_does(written: object, french: str, english: str) -> None:
    assert callable(written)
    assert written(Amounts(texts("fr"), NOW)) == french
    assert written(Amounts(texts("en"), NOW)) == english
