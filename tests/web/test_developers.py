"""The page for developers: what it says comes from the program, and its snippets verify real signatures."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import uuid4

import pytest
from playwright.async_api import async_playwright
from standardwebhooks.webhooks import Webhook

from backend.api_clients.schemas import Scope
from backend.pages.developers import HERE
from backend.pages.developers.verify_webhook import verify_webhook
from backend.webhooks.events import EVENTS
from backend.webhooks.jobs import signed
from backend.webhooks.sealed import new_secret
from tests.town import Town
from tests.web.browser import Browser

BODY = '{"id":"1","type":"reservation.made.v1","data":{"url":"https://ecopanier.example/é"}}'


def cases() -> list[tuple[str, dict[str, str], str, bool]]:
    """Return bodies with headers and a secret, and whether each is to be accepted."""
    secret, former, other = new_secret(), new_secret(), new_secret()
    now = datetime.now(UTC)
    one = signed(uuid4(), now, BODY.encode(), [secret])
    two = signed(uuid4(), now, BODY.encode(), [secret, former])
    old = signed(uuid4(), now - timedelta(minutes=6), BODY.encode(), [secret])
    Webhook(secret).verify(BODY, one)  # the library agrees
    return [
        (BODY, one, secret, True),
        (BODY, two, secret, True),
        (BODY, two, former, True),
        (BODY, one, other, False),
        (BODY.replace("made", "fade"), one, secret, False),
        (BODY, {**one, "webhook-id": str(uuid4())}, secret, False),
        (BODY, {**one, "webhook-timestamp": str(int(one["webhook-timestamp"]) + 1)}, secret, False),
        (BODY, old, secret, False),
        (BODY, {**one, "webhook-signature": one["webhook-signature"].replace("v1,", "v2,")}, secret, False),
    ]


async def test_the_page_names_every_event_and_scope(town: Town) -> None:
    visitor = Browser(town)
    page = await (await visitor.opens("/territoires")).follows("Développeurs")
    assert page.status_code == 200
    for word in (*EVENTS, *get_args(Scope), "600", "15 minutes", "Deprecation: @", "def verify_webhook"):
        assert word in page.main.text, word
    assert "Webhooks signés (Standard Webhooks)" in page.main.text


def test_the_python_snippet_verifies_what_we_sign() -> None:
    for body, headers, secret, good in cases():
        found = {name.lower(): value for name, value in headers.items()}
        assert verify_webhook(body.encode(), found, secret) is good


@pytest.mark.needs_program("chromium", "chromium")
async def test_the_javascript_snippet_verifies_what_we_sign(town: Town) -> None:
    await town.ensure_served()
    source = HERE.joinpath("verify_webhook.js").read_text("utf-8")
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    tried: list[tuple[Any, bool]] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=alone)
        page = await browser.new_page(base_url=town.url)
        await page.goto("/developpeurs")  # a page on loopback has Web Crypto
        for body, headers, secret, good in cases():
            found = await page.evaluate(
                f"async ([b, h, s]) => {{ {source}\nreturn verifyWebhook(b, h, s); }}", [body, headers, secret]
            )
            tried.append((found, good))
        await browser.close()
    assert [found for found, _ in tried] == [good for _, good in tried]
