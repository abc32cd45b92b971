"""The search for lots by words: French as people type it and as programs write it, in titles, texts and searches."""

import unicodedata

import pytest

from tests.town import Town

NO_BREAK, NARROW = "\u00a0", "\u202f"

FOUND = [
    # Apostrophes, dashes, dots and quotation marks of word processors stand between words, not within one.
    ("Tarte à l’ananas", "ananas"),
    ("Tarte à l'ananas", "l’ananas"),
    ("Panier…surprise", "surprise"),
    ("Pains–viennoiseries", "viennoiseries"),
    ("Pains—brioches", "brioche"),
    ("Crème «maison»", "maison"),
    ("Crème “maison”", "maison"),
    (f"Pain{NO_BREAK}complet", "complet"),
    (f"Légumes{NARROW}: 2{NARROW}kg", "légumes 2 kg"),
    (f"«{NO_BREAK}Galette{NO_BREAK}»", "galette"),
    ("Soupe de poisson", f"soupe{NO_BREAK}poisson"),
    ("Pomme/poire", "poire"),
    ("Pains.Brioches", "brioches"),
    ("Glaces -18°C", "18"),
    ("🍎Pommes", "pommes"),
    # Ligatures, and letters that other languages write.
    ("Œufs brouillés", "oeufs"),
    ("Oeufs brouillés", "ŒUF"),
    ("BŒUF BOURGUIGNON", "bœuf"),
    ("Hors-d’œuvre", "hors d'oeuvre"),
    ("Tarte Tatin ex æquo", "ex aequo"),
    ("\ufb01let de \ufb02étan", "filet flétan"),
    ("Pierogi z Łodzi", "lodzi"),
    ("Smørrebrød", "smorrebrod"),
    ("Straßenbrot", "strassenbrot"),
    ("Борщ", "борщ"),
    ("خبز", "خبز"),
    # Accents, composed or not, capitals without them, and endings.
    (unicodedata.normalize("NFD", "Crème brûlée"), "crème brûlée"),
    ("Crème brûlée", unicodedata.normalize("NFD", "crème brûlée")),
    ("PATE EN CROUTE", "pâté en croûte"),
    ("ÉCLAIR À LA VANILLE", "eclair"),
    ("Éclair vanille", "éclair à la vanille"),
    ("Truite fumée", "fumé"),
    ("Saumons fumés", "saumon fumee"),
    ("Tartes salées", "tarte salé"),
    ("Gâteaux", "gateau"),
    ("Salade d’été", "été"),
    # A phrase, and a word to leave out.
    ("Pain au chocolat", "«pain au chocolat»"),
    ("Pain au chocolat", '"pain au chocolat"'),
    ("Pain complet", "pain -chocolat"),
    ("Pommes d'or massives", "massives d'or"),
]
NOT_FOUND = [
    ("Pain complet", "ananas"),
    ("Pain complet", "pain ananas"),
    ("Pommes vertes", "or vertes"),
    ("Chocolat et pain", '"pain chocolat"'),
    ("Pain au chocolat", "pain -chocolat"),
    ("Pain au lait d’avoine", "pain -«lait d'avoine»"),
    ("Pain complet", "… «»"),
]


@pytest.mark.parametrize("where", ["title", "description"])
async def test_french_is_found_however_it_is_typed(town: Town, where: str) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    ids = {text: (await sophie.lists(shop, **{where: text}))["id"] for text, _ in FOUND + NOT_FOUND}

    async def finds(text: str, query: str) -> bool:
        page = await sophie.gets("/lots", near=f"{shop.latitude},{shop.longitude}", q=query, limit=100)
        return ids[text] in {lot["id"] for lot in page["data"]}

    assert [(text, query) for text, query in FOUND if not await finds(text, query)] == []
    assert [(text, query) for text, query in NOT_FOUND if await finds(text, query)] == []


async def test_an_edited_title_is_found_by_its_new_words_only(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    lot = await sophie.lists(shop, title="Pains d’épices", description="")
    await sophie.asks("PATCH", f"/lots/{lot['id']}", {"title": "Œufs…"})

    near = {"near": f"{shop.latitude},{shop.longitude}"}
    assert [found["id"] for found in (await sophie.gets("/lots", **near, q="oeuf"))["data"]] == [lot["id"]]
    assert (await sophie.gets("/lots", **near, q="épices"))["data"] == []


async def test_an_association_is_found_by_its_name_however_it_is_typed(town: Town) -> None:
    sophie = await town.a_merchant()
    name = "L’Œuvre – «Épi»"
    for other in (name, "Le Relais"):
        await town.an_association(other)
    await town.changes("update app.associations set is_public = true")

    for query in ("l'oeuvre", "OEUVRE epi", unicodedata.normalize("NFD", "épi"), "œuvre - épi"):
        found = await sophie.gets("/associations", q=query)
        assert [one["name"] for one in found["data"]] == [name], query
    assert (await sophie.gets("/associations", q="…"))["data"] == []


async def test_the_words_of_a_search_are_looked_up_in_their_index(town: Town) -> None:
    lot = await town.a_lot(title="Ananas")
    await town.changes(
        "insert into app.lots (shop_id, title, category, kind, price_cents, original_price_cents, quantity,"
        " pickup_start, pickup_end, date_kind, status) select l.shop_id, 'Pain ' || n, l.category, l.kind,"
        " l.price_cents, l.original_price_cents, l.quantity, l.pickup_start, l.pickup_end, l.date_kind, l.status"
        " from app.lots l, generate_series(1, 2000) n where l.id = $1",
        lot.id,
    )
    await town.changes("analyze app.lots")

    plan = await town.rows(
        "explain select id from app.lots where status = 'published' and words @@ app.search_query('l’ananas -lait')"
    )

    text = "\n".join(line[0] for line in plan)
    assert "Bitmap Index Scan on lots_words_idx" in text
    assert "search_query" not in text, "the query is computed once, not for each lot"
