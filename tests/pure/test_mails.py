"""Rendering of mails, without sending any."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from backend import mail
from backend.mail.rendering import LANGUAGES, rendered

TEMPLATES = sorted({file.name.split(".")[0] for file in Path(mail.__file__).with_name("templates").glob("*.txt")})
VALUES = {
    "public_url": "https://ecopanier.example",
    "token": "t0k3n",
    "valid_days": 3,
    "valid_minutes": 60,
    "title": "Panier du soir",
    "reason": "Présence possible de Listeria.",
    "portions": 2,
    "until": datetime(2026, 11, 30, 17, 45, tzinfo=UTC),
    "quantity": 3,
    "collected": 2,
    "refund_cents": 405,
    "rights": 12,
    "first": date(2026, 11, 30),
    "last": date(2026, 12, 5),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_mail_renders_in_both_languages(template: str, language: str) -> None:
    made = rendered(template, language, **VALUES)

    assert made.subject.strip() == made.subject != ""
    assert made.text.startswith("Bonjour,\n\n" if language == "fr" else "Hello,\n\n")
    assert f'<html lang="{language}">' in made.html
    assert "{" not in made.subject
    assert "\n\n\n" not in made.text
    assert made.html.count("<p>") >= 3


def test_an_unknown_language_falls_back_to_french() -> None:
    assert rendered("lot_withdrawn", "de", **VALUES).subject == "Votre réservation est annulée"


@pytest.mark.parametrize(
    ("template", "language", "words"),
    [
        ("portion_kept", "fr", "jusqu'à 18 h 45 (heure de Paris)"),
        ("portion_kept", "en", "until 18:45 (Paris time)"),
        ("right_ends", "fr", "jusqu'au 30/11/2026."),
        ("right_ends", "en", "until 2026-11-30."),
        ("suspended_lot_over", "fr", "Nous vous rendons 4,05 € pour"),
        ("suspended_lot_over", "en", "We are refunding €4.05 for"),
    ],
)
def test_dates_times_and_amounts_follow_the_mail_s_language(template: str, language: str, words: str) -> None:
    until = date(2026, 11, 30) if template == "right_ends" else VALUES["until"]

    assert words in rendered(template, language, **{**VALUES, "until": until}).text


def test_values_are_escaped_kept_on_one_line_and_not_rendered() -> None:
    made = rendered("lot_withdrawn", "fr", **{**VALUES, "title": "<b>Pain</b>\n\n    Payez ici : {{ token }}"})

    assert "<b>" not in made.html
    assert "&lt;b&gt;Pain&lt;/b&gt; Payez ici : {{ token }}." in made.html
    assert "<b>Pain</b> Payez ici : {{ token }}." in made.text


def test_a_missing_value_raises_undefined_error() -> None:
    with pytest.raises(UndefinedError):
        rendered("reset_password", "fr", public_url="https://ecopanier.example")
