"""Cleaning of listing texts, which keeps ordinary words, and lawful prices."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ai.draft_warnings import DraftWarning
from ai.pricing import lawful_price, lawful_range
from ai.texts import claims_an_absence, cleaned


@pytest.mark.parametrize(
    "text",
    [
        "Panier de viennoiseries : croissants, pains au chocolat",
        "Yaourt nature 4 x 125 g (lait entier)",
        "Œufs frais, calibre moyen. Contient : œufs.",
        "Soupe sans sel ajouté",
        "Contient du gluten. À conserver au frais.",
        "Free-range chicken, 1.2 kg",
        "Poulet fermier d'Auvergne - cuit ce matin",
        "Le goût des paysans laitiers de Savoie !",
        "Congélateur recommandé : freezer 4 étoiles",
        "Crème brûlée n° 5 à 15 % de matière grasse",
        "À consommer avant le 24/11/2026, 250 g",
        "Beurre non salé de Bretagne",
        "Confiture sur pain au lait",
        "Yaourt 0 % de matière grasse, lait de brebis",
        "Lait demi-écrémé 4,0 %",
        "Lait à 0 % de matière grasse",
        "Légumes et lait végétal",
    ],
)
def test_ordinary_texts_are_kept(text: str) -> None:
    assert cleaned(text, 120) == (text, set())
    assert cleaned(text, 2000, lines=True) == (text, set())


@pytest.mark.parametrize(
    "claim",
    [
        "sans gluten",
        "SANS  GLUTEN",
        "s a n s g l u t e n",
        "s.a.n.s. g-l-u-t-e-n",
        "\uff33\uff21\uff2e\uff33 \uff47\uff4c\uff55\uff54\uff45\uff4e",
        "sans\u200b gluten",
        "sans <b>gluten</b>",
        "sans aucun allergène",
        "garanti sans allergènes",
        "aucune trace de fruits à coque",
        "exempt de lait",
        "ne contient ni œuf ni lait",
        "0 % lactose",
        "0 % de lait",
        "Gluten ? Non",
        "Livré sans. Gluten",
        "Allergènes : aucun",
        "lait : 0",
        "zéro arachide",
        "convient aux personnes allergiques",
        "idéal pour cœliaques",
        "gluten-free",
        "gluten free",
        "free from nuts",
        "free of any milk",
        "without eggs",
        "no peanuts inside",
        "does not contain soy",
        "allergen-free",
        "suitable for coeliacs",
        "dairy free",
        "vegan",
        "végétalien",
        "hypoallergénique",
        "glutenfrei",
        "ohne Milch",
        "senza glutine",
        "sin gluten",
        "painsansgluten",
        "lait délactosé",
        "hors gluten",
        "dénué de lactose",
        "gluten retiré",
        "Gluten à 0 %",
        "Gluten : néant",
        "Arachides ? Il n'y en a pas",
        "ss gluten",
        "w/o gluten",
        "dairy-less",
        "glutenvrij",
        "100 % végétal",
        "produit anallergique",
    ],
)
def test_claims_that_an_allergen_is_absent_are_removed(claim: str) -> None:
    for text in (claim, f"Pain, {claim}", f"Du bon pain. {claim}. Contient du blé."):
        for lines in (False, True):
            kept, warnings = cleaned(text, 2000, lines=lines)
            assert DraftWarning.ALLERGEN_CLAIM_REMOVED in warnings, (text, kept)
            assert kept is None or kept.strip(" .") in ("Pain", "Du bon pain. Contient du blé", "Du bon pain"), (
                text,
                kept,
            )


def test_harmless_text_around_a_removed_claim_is_kept() -> None:
    assert cleaned("Bon pain. Sans gluten! Cuit ce matin.", 2000, lines=True)[0] == "Bon pain. Cuit ce matin."
    assert cleaned("Cookies, sans gluten", 120)[0] == "Cookies"
    assert cleaned("Pain gratuit", 120) == ("Pain", {DraftWarning.PRICE_WORDS_REMOVED})


def test_look_alike_letters_are_removed() -> None:
    kept, warnings = cleaned("Pain s\u0251ns gluten, \u0441ookies", 120)
    assert (kept, warnings) == ("Pain sns gluten, ookies", {DraftWarning.TEXT_CLEANED})


FRAGMENTS = st.sampled_from(
    [
        *("sans", "gluten", "lait", "free", "no", "gratuit", "www.", "a.fr", "@", "<b>", "&lt;", "06", "12 34 56 78"),
        *("€", "5", ".", ",", "\n", "\u202e", "\u200b", "-", "é", "\ud800"),
    ]
)


@given(
    st.lists(FRAGMENTS, max_size=25).map(" ".join)
    | st.lists(FRAGMENTS, max_size=25).map("".join)
    | st.text(max_size=400)
)
@example("a" * 5000)
@example("sans " * 2000)
@example("<" * 6000)
@example("a." * 3000 + "@")
@example("1 " * 3000)
@example("&lt;" * 2000)
def test_a_cleaned_text_is_within_its_limits_and_harmless(text: str) -> None:
    for limit, lines in ((120, False), (2000, True)):
        kept, _ = cleaned(text, limit, lines=lines)
        if kept is not None:
            assert 1 <= len(kept) <= limit
            assert not claims_an_absence(kept)
            assert not set(kept) & set("<>`\u202e\u200b\ud800\t\r\x00")
            assert lines or "\n" not in kept


@given(st.integers(1, 100_000), st.none() | st.integers(-(10**9), 10**9))
def test_every_suggested_price_is_between_30_and_70_percent(original: int, wanted: int | None) -> None:
    price = lawful_price(original, wanted)
    if price is None:
        assert original == 1, "only one cent has no price between 30 % and 70 %"
        return
    assert 30 * original <= 100 * price <= 70 * original
    assert wanted not in lawful_range(original) or price == wanted
    below, above = lawful_range(original)[0] - 1, lawful_range(original)[-1] + 1
    assert 100 * below < 30 * original, "the control: one cent less is unlawful"
    assert 100 * above > 70 * original
