"""The messages that Slack and Teams get: their form, both languages, and texts that mean nothing special there."""

import json
from typing import Any

import pytest

from backend.chat_hooks.messages import message

FACTS: dict[str, Any] = {
    "giver": "Boulangerie <!channel> & [fils](https://x.example) *",
    "window_start": "2026-11-30T17:00:00+00:00",
    "window_end": "2026-11-30T18:00:00+00:00",
    "zone": "Europe/Paris",
    "grams": 12_400,
    "crates": 3,
    "portions": 0,
    "cold": "chilled",
}
INCIDENT: dict[str, str | None] = {"kind": "closed", "next": "reassigned"}
LINK = "https://ecopanier.example/"


def test_slack_gets_text_and_blocks_with_its_controls_escaped() -> None:
    sent = message("slack", "incident", "fr", FACTS, INCIDENT, LINK)

    written = json.dumps(sent, ensure_ascii=False)
    assert set(sent) == {"text", "blocks"}
    assert "<!channel>" not in written
    assert "&lt;!channel&gt; &amp;" in sent["text"]
    for said in ("13 kg, 3 caisses", "30/11/2026 de 18:00 à 19:00", "porte fermée", "attend une autre tournée"):
        assert said in written
    assert sent["blocks"][-1]["elements"][0]["url"] == LINK


def test_teams_gets_an_adaptive_card_with_its_markdown_escaped() -> None:
    sent = message("teams", "asked", "en", FACTS, {}, LINK)

    [attachment] = sent["attachments"]
    card = attachment["content"]
    assert sent["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    facts = {fact["title"]: fact["value"] for fact in card["body"][1]["facts"]}
    assert "\\[fils\\]\\(https://x.example\\)" in facts["Given by"]
    assert facts["Window"] == "30/11/2026 from 18:00 to 19:00"
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open EcoPanier", "url": LINK}]


@pytest.mark.parametrize("app", ["slack", "teams"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_test_message_says_what_will_come(app: str, language: str) -> None:
    assert "EcoPanier" in json.dumps(message(app, "test", language, None, {}, LINK))


def test_a_giver_that_may_not_be_named_and_an_unknown_quantity_are_said_so() -> None:
    facts = {**FACTS, "giver": None, "grams": 0, "crates": 0, "cold": "none"}

    text = message("slack", "asked", "fr", facts, {}, LINK)["text"]

    assert "Donneur : une association" in text
    assert "Quantité : non précisée" in text
