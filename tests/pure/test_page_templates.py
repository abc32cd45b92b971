"""Templates: macros know what their page knows, are made once, and leave nothing to the garbage collector."""

import gc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from backend.pages.amounts import Amounts
from backend.pages.forms import Form
from backend.pages.templates import environment
from backend.pages.texts import PageLanguage, texts

TEMPLATES = Path(__file__).parents[2] / "backend/pages/templates"
A_FIELD = '{% from "macros/forms.html" import field %}{{ field(form, "name", "Nom") }}'
PAGES = 20


def page(source: str, language: PageLanguage = "fr", **values: object) -> str:
    t = texts(language)
    given = {"t": t, "write": Amounts(t, datetime.now(UTC)), "form": Form(), **values}
    return environment.from_string(source).render(**given)


@pytest.fixture
def no_garbage_collected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_macros_write_in_the_language_of_each_page() -> None:
    languages: list[PageLanguage] = ["fr", "en", "fr"]
    assert [texts(one)("forms.optional") in page(A_FIELD, one) for one in languages] == [True] * 3
    assert texts("fr")("forms.optional") not in page(A_FIELD, "en")


def test_a_page_within_a_page_leaves_the_outer_one_its_values() -> None:
    inner = environment.from_string("{{ t('forms.optional') }}")

    outer = page(
        f"{A_FIELD}{{{{ inner() }}}}{{{{ field(form, 'other', 'Autre') }}}}", inner=lambda: inner.render(t=texts("en"))
    )

    assert outer.count(texts("fr")("forms.optional")) == 2
    assert outer.count(texts("en")("forms.optional")) == 1


@pytest.mark.parametrize(("more", "made_again"), [("", False), (" with context", True)], ids=["once", "control"])
def test_pages_leave_no_garbage(no_garbage_collected: None, more: str, made_again: bool) -> None:
    source = environment.from_string(A_FIELD.replace("field %}", f"field{more} %}}"))
    given = {"t": texts("fr"), "form": Form()}
    source.render(**given)
    gc.collect()

    for _ in range(PAGES):
        source.render(**given)

    assert (gc.collect() > PAGES) is made_again


@pytest.mark.parametrize(
    "kept",
    ["{% set said = t('forms.optional') %}", "{% if t %}{% set said = 'Nom' %}{% endif %}", "{% set said = form %}"],
)
def test_a_file_of_macros_keeps_nothing_of_the_page_that_needs_it_first(kept: str) -> None:
    macros = environment.from_string(kept + "{% macro written() %}{{ said }}{% endmacro %}")
    with pytest.raises(UndefinedError):
        page("{% from macros import written %}{{ written() }}", macros=macros)


def test_no_template_makes_its_macros_again() -> None:
    assert [path.name for path in TEMPLATES.rglob("*.html") if "with context" in path.read_text()] == []
