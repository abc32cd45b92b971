"""Hostile model answers: every draft made from one obeys the rules of `draft_rules.py`."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from ai import Context, Drafter, DraftResult, DraftWarning, Photo
from ai.listing import ListingDraft
from scripts.stand_ins.gemini import GeminiStandIn
from scripts.stand_ins.gemini.server import BAGUETTES
from tests.ai.draft_rules import broken_rules

# Each attack, the rule that it would break, and the warning that it leaves.
ATTACKS: list[tuple[dict[str, Any], str, DraftWarning | None]] = [
    ({"price_cents": 1}, "prices are lawful", DraftWarning.PRICE_ADJUSTED),
    ({"price_cents": 130}, "prices are lawful", DraftWarning.PRICE_ADJUSTED),
    ({"price_cents": -60}, "prices are lawful", DraftWarning.PRICE_DROPPED),
    ({"price_cents": 0}, "prices are lawful", DraftWarning.PRICE_DROPPED),
    ({"original_price_cents": 10**30}, "prices are lawful", DraftWarning.PRICE_DROPPED),
    ({"original_price_cents": float("nan")}, "prices are lawful", DraftWarning.PRICE_DROPPED),
    ({"original_price_cents": float("inf"), "price_cents": 1}, "prices are lawful", DraftWarning.PRICE_DROPPED),
    ({"original_price_cents": "cheap"}, "prices are lawful", DraftWarning.PRICE_DROPPED),
    ({"original_price_cents": True, "price_cents": True}, "prices are lawful", DraftWarning.PRICE_DROPPED),
    ({"title": "x" * 100_000}, "title", DraftWarning.TEXT_CLEANED),
    ({"title": ["a", "list"]}, "title", DraftWarning.MODEL_FIELDS_DROPPED),
    ({"description": "mot " * 30_000}, "description", DraftWarning.TEXT_CLEANED),
    ({"title": "Pain\nfrais"}, "one line", None),
    ({"title": "Pain \u202efrais"}, "plain letters", DraftWarning.TEXT_CLEANED),
    ({"title": "Pa\u200bin \ud800"}, "plain letters", DraftWarning.TEXT_CLEANED),
    ({"description": "P\u0430in fr\u0430is"}, "plain letters", DraftWarning.TEXT_CLEANED),
    ({"description": "<script>alert(1)</script> pain"}, "no markup", DraftWarning.TEXT_CLEANED),
    ({"description": "&lt;img src=x onerror=alert(1)&gt; pain"}, "no markup", DraftWarning.TEXT_CLEANED),
    ({"title": "Pain, voir https://evil.example/a?b"}, "no link", DraftWarning.TEXT_CLEANED),
    ({"title": "Pain chez evil.ru"}, "no link", DraftWarning.TEXT_CLEANED),
    ({"description": "Écrire à moi@evil.example"}, "no link", DraftWarning.TEXT_CLEANED),
    ({"description": "Appeler le 06 12 34 56 78 vite"}, "no number to call", DraftWarning.TEXT_CLEANED),
    ({"description": "Appeler +33 (0)6.12.34.56.78"}, "no number to call", DraftWarning.TEXT_CLEANED),
    ({"title": "Pain GRATUIT"}, "nothing is free", DraftWarning.PRICE_WORDS_REMOVED),
    ({"description": "Du pain. Seulement 1 € !"}, "no price in texts", DraftWarning.PRICE_WORDS_REMOVED),
    ({"title": "Pain sans gluten"}, "no allergen is absent", DraftWarning.ALLERGEN_CLAIM_REMOVED),
    ({"title": "Gluten-free bread"}, "no allergen is absent", DraftWarning.ALLERGEN_CLAIM_REMOVED),
    ({"description": "Bon. Garanti sans allergènes."}, "no allergen is absent", DraftWarning.ALLERGEN_CLAIM_REMOVED),
    ({"description": "This bread is free of milk"}, "no allergen is absent", DraftWarning.ALLERGEN_CLAIM_REMOVED),
    ({"description": "Ne contient pas d'œufs."}, "no allergen is absent", DraftWarning.ALLERGEN_CLAIM_REMOVED),
    ({"description": "Convient aux cœliaques"}, "no allergen is absent", DraftWarning.ALLERGEN_CLAIM_REMOVED),
    ({"description": "Pain vegan"}, "no allergen is absent", DraftWarning.ALLERGEN_CLAIM_REMOVED),
    ({"category": "weapons"}, "category", DraftWarning.MODEL_FIELDS_DROPPED),
    ({"category": {"$ne": 1}}, "category", DraftWarning.MODEL_FIELDS_DROPPED),
    ({"portions": -5}, "portions", DraftWarning.MODEL_FIELDS_DROPPED),
    ({"portions": 1e300}, "portions", DraftWarning.MODEL_FIELDS_DROPPED),
    ({"weight_grams": 10**7}, "weight", DraftWarning.MODEL_FIELDS_DROPPED),
    ({"date_kind": "never"}, "kind of date", DraftWarning.MODEL_FIELDS_DROPPED),
    ({"food_date": "2099-01-01", "date_kind": "use_by"}, "date", DraftWarning.DATE_DROPPED),
    ({"food_date": "1999-01-01", "date_kind": "best_before"}, "date", DraftWarning.DATE_DROPPED),
    ({"food_date": "tomorrow", "date_kind": "use_by"}, "date", DraftWarning.DATE_DROPPED),
    ({"food_date": "2026-11-24", "date_kind": "none"}, "date", DraftWarning.DATE_KIND_UNSURE),
    ({"cold_chain": "no"}, "cold chain", DraftWarning.MODEL_FIELDS_DROPPED),
    ({"urgency": "yesterday"}, "urgency", DraftWarning.MODEL_FIELDS_DROPPED),
    ({"suspected_allergens": ["gluten", "none at all"]}, "allergens", DraftWarning.MODEL_FIELDS_DROPPED),
    ({"suspected_allergens": "none"}, "allergens", DraftWarning.MODEL_FIELDS_DROPPED),
    ({"gtin": "3453120000012"}, "gtin", DraftWarning.MODEL_FIELDS_DROPPED),
    ({"batch": "L1'; drop table lots; --"}, "batch", DraftWarning.MODEL_FIELDS_DROPPED),
    ({"kind": "free", "published": True, "quantity": 900}, "no other fields", DraftWarning.MODEL_FIELDS_DROPPED),
]


def judged(drafted: DraftResult, context: Context) -> set[str]:
    return broken_rules(drafted.draft.model_dump(mode="json"), context.today)


async def test_a_draft_made_from_any_attack_breaks_no_rule(
    gemini: GeminiStandIn, drafter: Drafter, photo: Photo, context: Context
) -> None:
    context = replace(context, shop_category=None)
    for attack, rule, warning in ATTACKS:
        listing = {**BAGUETTES, **attack}
        raw = json.loads(json.dumps(listing))
        assert rule in broken_rules(raw, context.today), f"the control: unprocessed, {attack!r:.80} breaks the rule"

        gemini.answers_text(json.dumps(listing))
        drafted = await drafter.draft_listing(photo, context)

        assert judged(drafted, context) == set(), f"{attack!r:.80}: {drafted.draft}"
        assert warning is None or warning in drafted.warnings, f"{attack!r:.80}: {drafted.warnings}"
        assert drafted.draft.suspected_allergens or "suspected_allergens" in attack, "the rest of the answer is used"
    assert len(gemini.requests) == len(ATTACKS)


async def test_drafts_made_from_random_hostile_answers_break_no_rule(
    gemini: GeminiStandIn, drafter: Drafter, photo: Photo, context: Context
) -> None:
    seed = random.randrange(2**32)  # noqa: S311 - for variety; printed below
    print(f"seed {seed}")  # noqa: T201 - pytest shows it when the test fails
    chance = random.Random(seed)  # noqa: S311
    unlawful = 0
    for _ in range(200):
        text = hostile(chance)
        gemini.answers_text(text)
        drafted = await drafter.draft_listing(photo, context)

        assert judged(drafted, context) == set(), f"seed {seed}: {text!r:.300}"
        assert drafted.draft == ListingDraft.model_validate_json(drafted.draft.model_dump_json())
        assert all(0 <= sure <= 1 for sure in drafted.confidence.values())
        filled = {name for name, value in drafted.draft if value not in (None, [])}
        assert set(drafted.confidence) == filled, f"seed {seed}"
        unlawful += is_unlawful(text, context)
    assert unlawful > 150, "the control: unprocessed, the answers break rules"


def is_unlawful(text: str, context: Context) -> bool:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return True
    return not isinstance(said, dict) or bool(broken_rules(said, context.today))


def hostile(chance: random.Random) -> str:
    """Return an answer with one to five attacks in its fields, and perhaps a broken form."""
    listing: dict[str, Any] = dict(BAGUETTES)
    for _ in range(chance.randint(1, 5)):
        if chance.random() < 0.6:
            listing |= chance.choice(ATTACKS)[0]
        else:
            listing[chance.choice(sorted(listing))] = anything(chance)
    text = json.dumps(listing, ensure_ascii=chance.random() < 0.5 or "\ud800" in str(listing))
    form = chance.random()
    if form < 0.05:
        return text[: chance.randrange(len(text))]
    if form < 0.1:
        return f"```json\n{text}\n```"
    if form < 0.13:
        return "[" * chance.randint(1, 100_000)
    if form < 0.16:
        return '{"portions": ' + "9" * 6000 + "}"
    if form < 0.19:
        return "I cannot help with that. {"
    return text


def anything(chance: random.Random) -> Any:
    """Return a value of any JSON type, or a text of random characters."""
    kind = chance.randrange(8)
    if kind == 0:
        return chance.choice([None, True, False, [], {}, "", " ", "null"])
    if kind == 1:
        return chance.choice([-1, 0, 1, 2**31, 2**63, 10**40, -(10**40)])
    if kind == 2:
        return chance.choice([float("nan"), float("inf"), -float("inf"), 1e308, 0.1, -0.0])
    if kind == 3:
        return [anything(chance) for _ in range(chance.randrange(4))]
    if kind == 4:
        return {str(anything(chance)): anything(chance) for _ in range(chance.randrange(3))}
    if kind == 5:
        lure = [
            "sans gluten",
            "GRATUIT",
            "s.a.n.s l-a-i-t",
            "http://a.ru",
            "0 %",
            "0612345678",
            "\u202e",
            "</b>",
            "1 €",
        ]
        return " ".join(chance.choices([*lure, "pain", "lait", "bon", "."], k=chance.randint(1, 12)))
    letters = [chr(chance.choice([chance.randrange(32, 127), chance.randrange(0xD7FF)])) for _ in range(40)]
    return "".join(letters)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"text"',
        "{",
        '{"title": ',
        "nan",
        "\x00",
        "{}" * 40_000,
        '{"a":' * 50_000,
        "{" + " " * 1_100_000,
    ],
)
async def test_an_unusable_answer_leaves_the_local_draft(
    gemini: GeminiStandIn, drafter: Drafter, photo: Photo, context: Context, text: str
) -> None:
    gemini.answers_text(text)
    drafted = await drafter.draft_listing(photo, context)
    assert drafted.warnings == [DraftWarning.MODEL_ANSWER_UNUSABLE]
    assert (drafted.reader, drafted.draft.category) == ("local", "bakery")


async def test_an_answer_in_a_code_fence_is_read(
    gemini: GeminiStandIn, drafter: Drafter, photo: Photo, context: Context
) -> None:
    gemini.answers_text(f"Here it is:\n```json\n{json.dumps(BAGUETTES)}\n```\nEnjoy {{}}")
    drafted = await drafter.draft_listing(photo, context)
    assert (drafted.draft.title, drafted.warnings) == ("Baguettes du jour", [])


async def test_instructions_in_the_picture_leave_a_warning(
    gemini: GeminiStandIn, drafter: Drafter, photo: Photo, context: Context
) -> None:
    gemini.answers(instructions_in_picture=True)
    drafted = await drafter.draft_listing(photo, context)
    assert drafted.warnings == [DraftWarning.INSTRUCTIONS_IN_PICTURE]
