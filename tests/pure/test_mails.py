"""Rendering of mails, without sending any."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from backend import mail
from backend.lots.naming import NamedLot
from backend.mail.rendering import LANGUAGES, rendered

TEMPLATES = sorted({file.name.split(".")[0] for file in Path(mail.__file__).with_name("templates").glob("*.txt")})
LOT = NamedLot(
    "Panier du soir",
    "Boulangerie du Marché",
    "12 place du Marché, 67000 Strasbourg",
    datetime(2026, 11, 30, 23, 30, tzinfo=UTC),  # the day after in Paris
    datetime(2026, 12, 1, 0, 45, tzinfo=UTC),
    "L2447A",
    "Europe/Paris",
)
VALUES: dict[str, Any] = {
    "public_url": "https://ecopanier.example",
    "secret_token": "t0k3n",
    "host": "hooks.slack.com",
    "secret_code": "482913",
    "code": "2026-BEN-00042",
    "page": "confirm",
    "valid_hours": 24,
    "valid_minutes": 60,
    "valid_days": 7,
    "lot": LOT,
    "lots": [LOT, replace(LOT, title="Panier du matin")],
    "differences": 2,
    "pass_code": "7K3M9QXT4B",
    "pass_pin": "048213",
    "day": date(2026, 11, 30),
    "paper": "statement",
    "fund": "Paniers solidaires 2026",
    "fund_id": "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a13",
    "organisation": "Ville de Strasbourg",
    "confirmed": True,
    "percent": 80,
    "granted_cents": 4500,
    "first_day": date(2026, 11, 1),
    "last_day": date(2026, 11, 30),
    "year": 2026,
    "offered": 12,
    "done": True,
    "enrolled": 8,
    "already_enrolled": 2,
    "refused": 1,
    "what": "shop",
    "name": "Boulangerie du Marché",
    "more": 3,
    "codes": ["2026-BEN-00042", "2026-BEN-00043"],
    "description": "Caisse",
    "gone": False,
    "gtin": "3017620422003",
    "recalled_batch": "L2447A",
    "reason": "Présence possible de Listeria.",
    "by": "admin",
    "reset_at": datetime(2026, 11, 30, 17, 45, tzinfo=UTC),
    "left": 9,
    "state": "active",
    "month": "2026-11",
    "shop_id": "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11",
    "unpaid": True,
    "cents": 12050,
    "verified": False,
    "shop": "Boulangerie du Marché",
    "address": "12 place du Marché, 67000 Strasbourg",
    "association": "Le Relais",
    "portions": 2,
    "granted": True,
    "people": 3,
    "client": "Logiciel du CCAS",
    "role": "staff",
    "place": "Boulangerie du Marché",
    "yours": False,
    "until": datetime(2026, 11, 30, 17, 45, tzinfo=UTC),
    "quantity": 3,
    "collected": 2,
    "refund_cents": 405,
    "intent": "pi_3QxyzABC",
    "paid_on": datetime(2026, 11, 30, 17, 45, tzinfo=UTC),
    "amount_cents": 805,
    "missing_cents": 405,
    "refunded_cents": 400,
    "rights": 12,
    "accepted": False,
    "giver": "Le Relais",
    "receiver": "Les Paniers du Port",
    "to_receiver": True,
    "waits_for": "receiver",
    "first": date(2026, 11, 30),
    "last": date(2026, 12, 5),
    "told": [
        {
            "name": name,
            "lots": [
                {
                    "title": "Panier du soir",
                    "shop": "Boulangerie du Marché",
                    "price_cents": price_cents,
                    "free": price_cents == 0,
                    "pickup_start": "2026-11-30T17:30:00+00:00",
                    "pickup_end": "2026-11-30T19:00:00+00:00",
                    "zone": "Europe/Paris",
                }
                for price_cents in (405, 0)
            ],
        }
        for name in ("Boulangerie du Marché", "Maison")
    ],
    "kind": "quality",
    "next": "reassigned",
    "held_by": "collector",
    "foods": ["Pain"],
    "zone": "Europe/Paris",
    "begins_at": "2026-11-30T17:20:00+00:00",
    "ends_at": "2026-11-30T19:05:00+00:00",
    "collections": 5,
    "metres": 8240,
    "soon": True,
    "collection_id": "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11",
    "collection": {
        "giver": "Boulangerie du Marché",
        "address": "12 place du Marché, 67000 Strasbourg",
        "receiver": "Le Relais",
        "access": "Sonner",
        "carrier": "professional",
        "vehicle": "van",
        "window_start": "2026-11-30T17:30:00+00:00",
        "window_end": "2026-11-30T19:00:00+00:00",
        "arrives_at": "2026-11-30T17:40:00+00:00",
        "delivers_at": None,
        "zone": "Europe/Paris",
        "cold": "frozen",
        "notes": "",
        "items": [{"title": "Pain", "grams": 250, "crates": 1, "portions": 1}],
        "more": 0,
    },
    "reported_at": datetime(2026, 11, 30, 19, 45, tzinfo=UTC),
    "holds_until": datetime(2026, 12, 30, 19, 45, tzinfo=UTC),
    "answer_by": datetime(2026, 12, 3, 17, 45, tzinfo=UTC),
    "by_shop": True,
    "outcome": "give_back",
    "share": 50,
    "words": "Nous sommes désolés.",
    "waits": False,
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


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_mail_is_small_and_has_one_thing_to_do(template: str, language: str) -> None:
    made = rendered(template, language, unsubscribe="https://ecopanier.example/unsubscribe/t0k3n", **VALUES)

    assert len((made.html + made.text).encode()) <= 10_000  # 40 KB with the picture and the calendar
    assert max(len(line.encode()) for line in (made.html + made.text).split("\n")) <= 998
    assert made.html.count('<table role="presentation"') == 1
    links = set(re.findall(r'href="([^"]+)"', made.html))
    assert links == set(re.findall(r"https://\S+", made.text))
    assert all(link.startswith(VALUES["public_url"]) for link in links)
    assert "curl" not in made.text
    assert "prefers-color-scheme: dark" in made.html
    assert "<img" not in made.html  # nothing is loaded; the pass comes along


def test_an_unknown_language_falls_back_to_french() -> None:
    assert rendered("lot_withdrawn", "de", **VALUES).subject == "Votre réservation est annulée"


@pytest.mark.parametrize(
    ("template", "language", "words"),
    [
        ("portion_kept", "fr", "jusqu'à 18 h 45 (heure de Paris)"),
        ("portion_kept", "en", "until 18:45 (Paris time)"),
        ("right_ends", "fr", "jusqu'au lundi 30 novembre 2026."),
        ("right_ends", "en", "until Monday 30 November 2026."),
        ("suspended_lot_over", "fr", "Nous vous rendons 4,05 € pour"),
        ("suspended_lot_over", "en", "We are refunding €4.05 for"),
    ],
)
def test_dates_times_and_amounts_follow_the_mail_s_language(template: str, language: str, words: str) -> None:
    until = date(2026, 11, 30) if template == "right_ends" else VALUES["until"]

    assert words in rendered(template, language, **{**VALUES, "until": until}).text


LOT_TEMPLATES = [
    "allergen_reported",
    "first_reservation",
    "lot_recalled",
    "lot_taken_down",
    "lot_withdrawn",
    "pass_handed",
    "pickup_reminder",
    "portion_kept",
    "portions_back",
    "problem_report_answered",
    "problem_reported",
    "report_undecided",
    "recall_for_shop",
    "recall_to_pass_on",
    "reservation_cancelled",
    "reservation_confirmed",
    "reservation_refunded",
    "sold_out",
    "suspended_lot_given_back",
    "suspended_lot_moved",
    "suspended_lot_over",
    "suspended_lot_refunded",
]


def test_no_mail_names_a_lot_by_its_title_alone() -> None:
    folder = Path(mail.__file__).with_name("templates")
    naming = {file.name.split(".")[0] for file in folder.glob("*.txt") if "parts/lot." in file.read_text()}

    assert naming == set(LOT_TEMPLATES)
    others = [file.name for file in folder.glob("*.txt") if file.name.split(".")[0] not in naming]
    assert [name for name in others if "title" in (folder / name).read_text()] == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "fr",
            "Retrait : mardi 1er décembre, 0 h 30 – 1 h 45\n    Numéro de lot sur l'emballage : L2447A\n\n",
        ),
        ("en", "Pickup: Tuesday 1 December, 00:30 – 01:45\n    Batch number on the packaging: L2447A\n\n"),
    ],
)
@pytest.mark.parametrize("template", LOT_TEMPLATES)
def test_a_mail_about_a_lot_names_title_shop_pickup_day_and_batch(template: str, language: str, words: str) -> None:
    made = rendered(template, language, **VALUES)

    shop = "    Panier du soir\n    Boulangerie du Marché, 12 place du Marché, 67000 Strasbourg\n    "
    assert shop + words in made.text
    assert "L2447A" in made.html
    assert "None" not in rendered(template, language, **{**VALUES, "lot": replace(LOT, batch=None)}).text


def test_the_pickup_day_counts_where_the_shop_is() -> None:
    lot = replace(LOT, zone="America/Martinique")

    assert (
        "Retrait : lundi 30 novembre, 19 h 30 – 20 h 45 (heure de Martinique)\n"
        in rendered("lot_withdrawn", "fr", **{**VALUES, "lot": lot}).text
    )
    kept = rendered("portion_kept", "fr", **{**VALUES, "lot": lot})
    assert "jusqu'à 13 h 45 (heure de Martinique)" in kept.text
    assert kept.subject.endswith("jusqu'à 13 h 45 (heure de Martinique)")
    assert rendered("portion_kept", "fr", **VALUES).subject.endswith("jusqu'à 18 h 45")
    assert rendered("portion_kept", "en", **{**VALUES, "lot": lot}).subject.endswith("until 13:45 (Martinique time)")


def test_a_pickup_that_ends_on_another_day_names_both_days() -> None:
    lot = replace(LOT, pickup_end=LOT.pickup_start + timedelta(hours=23, minutes=30))

    assert (
        "Retrait : mardi 1er décembre, 0 h 30 – mercredi 2 décembre, 0 h\n"
        in rendered("lot_withdrawn", "fr", **{**VALUES, "lot": lot}).text
    )


def test_french_marks_stay_beside_their_words_in_html() -> None:
    made = rendered("suspended_lot_over", "fr", **VALUES)

    assert "de ce lot\N{NO-BREAK SPACE}:</p>" in made.html
    assert "4,05\N{NO-BREAK SPACE}€" in made.html
    assert "\N{NO-BREAK SPACE}" not in made.text + rendered("suspended_lot_over", "en", **VALUES).html


def test_values_are_escaped_kept_on_one_line_and_not_rendered() -> None:
    lot = replace(LOT, title="<b>Pain</b>\n\n    Payez ici : {{ token }}")
    for made in (
        rendered("lot_withdrawn", "fr", **{**VALUES, "lot": lot}),
        rendered("recall_for_shop", "fr", **{**VALUES, "lots": [lot]}),
    ):
        assert "<b>" not in made.html
        assert "<strong>&lt;b&gt;Pain&lt;/b&gt; Payez ici : {{ token }}</strong><br>\n" in made.html
        assert "    <b>Pain</b> Payez ici : {{ token }}\n" in made.text


def test_a_missing_value_raises_undefined_error() -> None:
    with pytest.raises(UndefinedError):
        rendered("reset_password", "fr", public_url="https://ecopanier.example")
