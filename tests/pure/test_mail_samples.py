"""Every mail with sample values, plain and harsh: what `ecopanier mails` writes, and what is sent of it."""

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from backend import mail
from backend.mail.links import LINKS
from backend.mail.rendering import LANGUAGES, rendered, told
from backend.settings import settings
from scripts.mail_samples import LOT, PUBLIC_URL, Sample, optional_events, samples, write_samples

STOP = f"{PUBLIC_URL}/unsubscribe/t0k3n"
EVERY = [pytest.param(sample, id=sample.name) for sample in samples()]


async def sent(
    sample: Sample, language: str, folder: Path, unsubscribe: str | None, **said: str
) -> tuple[bytes, EmailMessage]:
    """Return a mail as it goes out, with its pass and its calendar if it has some."""
    here = settings().model_copy(update={"smtp_url": None, "data_dir": folder, "public_url": PUBLIC_URL, **said})
    files = (
        mail.File("pass.png", "image/png", b"\x89PNG" + b"x" * 1500, inline="pass"),
        mail.File("retrait.ics", "text/calendar", b"BEGIN:VCALENDAR\r\n" + b"x" * 900),
    )
    values = dict(sample.values)
    await mail.send(
        here,
        to="amina@example.org",
        locale=language,
        template=sample.event,
        enclosed=mail.Enclosed({}, files) if "pass_code" in values else None,
        unsubscribe=unsubscribe,
        **values,
    )
    (file,) = (folder / "mails").iterdir()
    raw = file.read_bytes()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return raw, message


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sample", EVERY)
async def test_every_mail_is_small_plain_and_asks_for_one_thing(sample: Sample, language: str, tmp_path: Path) -> None:
    optional = sample.event in optional_events()
    raw, message = await sent(sample, language, tmp_path, STOP if optional else None)

    assert len(raw) <= 40_000
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert (message["List-Unsubscribe"] is not None, message["List-Unsubscribe-Post"] is not None) == (optional,) * 2
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert html.get_content().count('class="button"') == 1
    link = LINKS[sample.event]
    assert (link.en if language == "en" else link.fr).replace("'", "&#39;") in html.get_content()
    for part in (text.get_content(), html.get_content(), message["Subject"]):
        assert "None" not in part
        assert "{" not in part.replace("{ color", "").replace("{ back", "").replace("dark) {", "")
    assert ("unsubscribe" in html.get_content()) is optional
    assert not re.search(r"^ {4}=#|^=>", text.get_content(), re.M)


def test_every_event_has_samples_in_both_languages(tmp_path: Path) -> None:
    assert {sample.event for sample in samples()} == set(LINKS)
    number = write_samples(tmp_path)

    assert number == 2 * len(EVERY)
    assert len(list(tmp_path.glob("*.html"))) == number + 1  # and the index
    assert len(list(tmp_path.glob("*.txt"))) == number
    assert "cid:" not in (tmp_path / "reservation_confirmed.fr.html").read_text()


async def test_stoppable_samples_are_the_optional_events_of_the_database() -> None:
    listed = (Path(__file__).parents[2] / "policies/functions/notices/notice_events.sql").read_text()
    events = set(re.findall(r"^ +\('(\w+)'", listed, re.M))

    assert events == set(LINKS)
    assert {"pickup_reminder", "to_decide"} <= optional_events() < events
    assert optional_events().isdisjoint({"lot_recalled", "reset_password", "reservation_refunded", "shop_decided"})


@pytest.mark.parametrize("sample", EVERY)
def test_a_notice_holds_no_secret_of_its_mail(sample: Sample) -> None:
    title, text, link = told(sample.event, "fr", public_url=PUBLIC_URL, **sample.values)

    for name in ("secret_token", "secret_code", "pass_code", "pass_pin"):
        assert str(sample.values.get(name, "\0")) not in f"{title} {text} {link}"
    assert link is None or link.startswith(f"{PUBLIC_URL}/")


def test_a_right_to_left_name_does_not_reorder_the_words_around_it() -> None:
    lot = {**LOT, "shop": "مخبز السوق"}
    made = rendered("sold_out", "fr", public_url=PUBLIC_URL, lot=lot)

    for part in (made.text, made.html):
        assert "\u2068مخبز السوق\u2069, 12 place du Marché" in part
    assert "\u2068" not in rendered("sold_out", "fr", public_url=PUBLIC_URL, lot=LOT).text


def test_a_name_cannot_turn_the_order_of_the_words_after_it() -> None:
    lot = {**LOT, "title": "Pain\u202e eriarg\u2066"}

    assert "    Pain eriarg\n" in rendered("sold_out", "fr", public_url=PUBLIC_URL, lot=lot).text


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "L'équipe EcoPanier\n"),
        (
            {"operator_name": "Le Fournil <3>", "operator_address": "1 rue du Four", "mail_from": "bonjour@fournil.fr"},
            "L'équipe EcoPanier\n\nLe Fournil <3>, 1 rue du Four. Pour nous écrire : bonjour@fournil.fr\n",
        ),
    ],
)
async def test_a_mail_says_who_sends_it_and_where_to_write(said: dict[str, str], words: str, tmp_path: Path) -> None:
    _, message = await sent(Sample("sold_out", "", {"lot": LOT}), "fr", tmp_path, None, **said)

    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n").endswith(words)
    assert ("Le Fournil &lt;3&gt;, 1 rue du Four." in html.get_content()) is bool(said)
