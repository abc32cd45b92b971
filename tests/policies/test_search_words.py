"""The plain form of searched text: the same on every Postgres and locale."""

import re
import unicodedata
from pathlib import Path

import psycopg
import pytest
from anyascii import anyascii

from backend.database.migrate import migrate
from tests.policies.servers import AnyPostgres, Release, a_server, releases
from tests.town import Town

TEXTS = [
    "D’œufs… – «crème brûlée»\u00a0frais\u202f!",
    "ÉCLAIR À LA VANILLE, CŒUR FONDANT",
    "Cre\u0301pes de ble\u0301 noir \ufb02ambe\u0301es",
    "Łódź Smørrebrød Straße İstanbul ığdır",  # noqa: RUF001
    "Борщ БОРЩ, ΨΩΜΊ ψωμί, خبز، طازج, 面包",
    "🍎Pommes/poires -18°C 1,5 kg n°2 pain.bio@marché",
    "soja\u00adfumé\u200bnature\ufeff",
]
RAW = "select array(select to_tsvector('pg_catalog.french', t)::text from unnest(%s::text[]) t)"
PLAIN = (
    "select array(select app.plain_text(t) || to_tsvector('pg_catalog.french', app.search_text(t))"
    " || app.search_query(t)::text from unnest(%s::text[]) t)"
)


def answers(server: AnyPostgres, locale: str) -> tuple[str, str]:
    """Return what a new database of a locale makes of the texts: with Postgres' functions alone, and with ours."""
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        name = f"in_{locale.lower().replace('.', '_').replace('-', '')}"
        connection.execute(
            f"create database {name} template template0 lc_collate '{locale}' lc_ctype '{locale}'".encode()
        )
    migrate(server.url("postgres", name))
    with psycopg.connect(server.url("postgres", name)) as connection:
        raw, plain = (connection.execute(query, [TEXTS]).fetchone() for query in (RAW, PLAIN))
    return str(raw), str(plain)


@pytest.mark.parametrize("release", releases(), ids=str)
def test_texts_have_the_same_words_in_every_locale(servers_folder: Path, release: Release) -> None:
    with a_server(servers_folder, release) as server:
        alone, ours = zip(*(answers(server, locale) for locale in ("C", "C.UTF-8")), strict=True)
    assert len(set(ours)) == 1
    assert len(set(alone)) == 2, "control: without the plain form the words depend on the locale"
    assert r"d oeufs creme brulee frais" in ours[0]


async def test_latin_letters_are_spelled_as_names_are(lasting_town: Town) -> None:
    """SQL has lists of its own, because an index cannot call Python; both transliterations must stay one."""
    letters = [
        chr(code)
        for code in (*range(0xC0, 0x2B0), *range(0x1E00, 0x1F00))
        if "LATIN" in unicodedata.name(chr(code), "")
    ]
    spelled = await lasting_town.value("select array(select app.plain_text(t) from unnest($1::text[]) t)", letters)
    by_library = [re.sub("[^a-z0-9]+", " ", anyascii(letter).lower()).strip() for letter in letters]
    assert {
        letter: (ours, theirs)
        for letter, ours, theirs in zip(letters, spelled, by_library, strict=True)
        if ours != theirs
    } == {}
    assert len(letters) > 700
