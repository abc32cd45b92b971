"""Problems: each has texts in both languages, a page and a unique code."""

import tomllib
from pathlib import Path

import httpx2
import pytest

import backend.main  # noqa: F401  defines every problem
from backend.problems import texts
from backend.problems.problem import Problem, known_problems, problem_texts
from backend.problems.texts import LANGUAGES, problem_text
from tests.pure.toy_app import toy_app

OURS = sorted(code for code, kind in known_problems().items() if kind.__module__.startswith("backend."))
TEXTS = Path(texts.__file__).parent


@pytest.mark.parametrize("code", OURS)
def test_a_problem_has_texts_in_both_languages(code: str) -> None:
    for language in LANGUAGES:
        assert problem_text(code, "title", language)
        assert problem_text(code, "detail", language)
    english, french = (problem_texts(known_problems()[code], language)[1] for language in ("en", "fr"))
    assert english != french
    for member in known_problems()[code].example:
        assert (f"{{{member}}}" in english) == (f"{{{member}}}" in french)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_belongs_to_a_problem(language: str) -> None:
    known = tomllib.loads((TEXTS / f"{language}.toml").read_text())["problems"]
    assert list(known) == OURS


def test_both_languages_have_texts_for_the_same_field_errors() -> None:
    fields = {language: tomllib.loads((TEXTS / f"{language}.toml").read_text())["fields"] for language in LANGUAGES}
    assert fields["fr"].keys() == fields["en"].keys()


def test_two_problems_cannot_share_a_code() -> None:
    with pytest.raises(TypeError, match="both have the code"):
        type("NotFoundAgain", (Problem,), {"__doc__": "Again.", "code": "path.unknown", "status": 404})


def test_a_problem_without_a_docstring_is_refused() -> None:
    with pytest.raises(TypeError, match="docstring"):
        type("Silent", (Problem,), {"code": "toy.silent", "status": 404})


async def test_a_problem_s_type_is_the_url_of_a_page_that_explains_it() -> None:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=toy_app()), base_url="http://test") as web:
        problem = (await web.get("/v1/nothing")).json()
        page = await web.get(httpx2.URL(problem["type"]).path, headers={"accept-language": "en"})
        assert page.status_code == 200
        assert "Nothing is at this address" in page.text
        assert '<html lang="en">' in page.text
        every = (await web.get("/problems")).text
        assert [code for code in OURS if f'href="/problems/{code}"' not in every] == []
        assert (await web.get("/problems/<script>")).status_code == 404
