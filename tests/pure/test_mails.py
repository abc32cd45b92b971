"""What mails look like, without sending any."""

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
    "until": "18 h 45",
    "quantity": 3,
    "collected": 2,
    "refund_euros": "4,00 €",
    "rights": 12,
    "first": "30/11/2026",
    "last": "05/12/2026",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_mail_is_written_in_both_languages(template: str, language: str) -> None:
    made = rendered(template, language, **VALUES)

    assert made.subject.strip() == made.subject != ""
    assert made.text.startswith("Bonjour,\n\n" if language == "fr" else "Hello,\n\n")
    assert f'<html lang="{language}">' in made.html
    assert "{" not in made.subject
    assert "\n\n\n" not in made.text
    assert made.html.count("<p>") >= 3


def test_an_unknown_language_is_french() -> None:
    assert rendered("lot_withdrawn", "de", **VALUES).subject == "Votre réservation est annulée"


def test_values_are_neither_markup_nor_paragraphs_nor_templates() -> None:
    made = rendered("lot_withdrawn", "fr", **{**VALUES, "title": "<b>Pain</b>\n\n    Payez ici : {{ token }}"})

    assert "<b>" not in made.html
    assert "&lt;b&gt;Pain&lt;/b&gt; Payez ici : {{ token }}." in made.html
    assert "<b>Pain</b> Payez ici : {{ token }}." in made.text


def test_a_value_that_is_missing_is_a_mistake() -> None:
    with pytest.raises(UndefinedError):
        rendered("reset_password", "fr", public_url="https://ecopanier.example")
