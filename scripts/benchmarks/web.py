"""Measure the pages: how fast the server makes them among many lots, and when Chromium shows them on a slow line."""

import asyncio
import os
import random
import re
import shutil
import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from playwright.async_api import Browser, async_playwright

from scripts.benchmarks import http_load
from scripts.benchmarks.cpu import Cpu
from scripts.benchmarks.figures import Figure
from scripts.benchmarks.ground import CLIENTS, LOTS_OF_A_SHOP, Ground, Program
from scripts.benchmarks.http_load import Request
from scripts.benchmarks.world import numbered
from scripts.demo_town.people import ADMIN, PASSWORD, address
from scripts.demo_town.shops import SOPHIE

MOST_MILLISECONDS = 50
MOST_SECONDS_TO_PAINT, MOST_SHIFT = 1.5, 0.02
MOST_ROUNDS = 3
DIFFERENT = 200  # places, lots and shops that are asked for
CENTRE = (48.5839, 7.7455)
AROUND = 0.05  # degrees in which places are chosen
PEOPLE = {
    "customer": address("claire"),
    "merchant": address(SOPHIE.login),
    "association": address("tables-partagees"),
    "admin": address(ADMIN),
}
# Lighthouse's slow 4G, and its telephone: a processor a quarter as fast as this one.
SLOW = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6 * 1024 * 1024 / 8,
    "uploadThroughput": 750 * 1024 / 8,
}
SLOWER_PROCESSOR = 4
PAINTS = """
    window.painted = { largest: 0, shift: 0, what: "" };
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) {
            painted.largest = one.startTime;
            painted.what = (one.element?.outerHTML ?? "").slice(0, 60);
        }
    }).observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) if (!one.hadRecentInput) painted.shift += one.value;
    }).observe({ type: "layout-shift", buffered: true });
"""


@dataclass(frozen=True)
class Visited:
    """A page as it is measured. paths: its address, or several of its kind. role: whose it is; None for a visitor."""

    name: str
    paths: list[str]
    role: str | None = None
    painted: bool = False


def web(ground: Ground) -> list[Figure]:
    """Measure every page at 16 clients, then the first paint of the main ones."""
    as_served = {"ECOPANIER_PROCESSES": ""}  # one for each core
    program = ground.served("web", {"DATABASE_URL": ground.url(ground.demo_town), **as_served})
    cookies = {role: _signs_in(program, username) for role, username in PEOPLE.items()}
    pages = _pages(ground, program, cookies)
    served = [_served(ground, program, page, cookies) for page in pages]
    painted = asyncio.run(_painted(ground, program, [page for page in pages if page.painted], cookies))
    return [*served, *painted]


def _pages(ground: Ground, program: Program, cookies: Mapping[str, str]) -> list[Visited]:
    some = [random.randint(1, ground.amounts.lots_beside_demo_town) for _ in range(DIFFERENT)]  # noqa: S311  no secret
    near = [f"/?{urlencode({'near': _somewhere()})}" for _ in range(DIFFERENT)]
    lots = [f"/lots/{numbered('lot', one)}" for one in some]
    shop = _first(program, "/my-shops", cookies["merchant"], r"/my-shops/[0-9a-f-]{36}")
    pass_ = _first(program, "/reservations", cookies["customer"], r"/reservations/[0-9a-f-]{36}")
    person = _first(program, "/association/people", cookies["association"], r"/association/people/[0-9a-f-]{36}")
    return [
        Visited("first page", ["/"], painted=True),
        Visited("lots near a place", near, painted=True),
        Visited("lots near a place, signed in", near, "customer"),
        Visited("lot", lots, painted=True),
        Visited("lot, signed in", lots, "customer"),
        Visited("shop", [f"/shops/{numbered('shop', one // LOTS_OF_A_SHOP + 1)}" for one in some], painted=True),
        Visited("map", [one.replace("/?", "/map?") for one in near]),
        Visited("sign in", ["/sign-in"]),
        Visited("reservations", ["/reservations"], "customer"),
        Visited("pass", [pass_], "customer", painted=True),
        Visited("account", ["/account"], "customer"),
        Visited("day of a shop", [shop], "merchant", painted=True),
        Visited("counter", [f"{shop}/counter"], "merchant", painted=True),
        Visited("lots of a shop", [f"{shop}/lots"], "merchant"),
        Visited("figures of a shop", [f"{shop}/figures"], "merchant"),
        Visited("what an association has to do", ["/association"], "association"),
        Visited("people", ["/association/people"], "association", painted=True),
        Visited("person", [person], "association"),
        Visited("what an admin decides", ["/admin"], "admin", painted=True),
        Visited("accounts", ["/admin/accounts"], "admin"),
        Visited("all lots", ["/admin/lots"], "admin"),
        Visited("figures of the platform", ["/admin/figures"], "admin"),
        Visited("journal", ["/admin/audit"], "admin"),
    ]


def _somewhere() -> str:
    latitude, longitude = (centre + random.uniform(-AROUND, AROUND) for centre in CENTRE)  # noqa: S311  no secret
    return f"{latitude:.3f},{longitude:.3f}"


def _signs_in(program: Program, username: str) -> str:
    """Return the cookie of somebody who has signed in."""
    http = HTTPConnection("127.0.0.1", program.port)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    http.request("POST", "/sign-in", urlencode({"username": username, "password": PASSWORD}), form)
    answer = http.getresponse()
    assert answer.status == 303, f"{username} cannot sign in: {answer.status}"
    cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
    http.close()
    return cookie


def _first(program: Program, path: str, cookie: str, pattern: str) -> str:
    """Return the first address of a form that a page leads to, or the one that it redirects to."""
    http = HTTPConnection("127.0.0.1", program.port)
    http.request("GET", path, headers={"Cookie": cookie})
    answer = http.getresponse()
    found = re.search(pattern, (answer.getheader("location") or "") + answer.read().decode())
    http.close()
    assert found is not None, f"{path} leads to no {pattern}"
    return found[0]


def _served(ground: Ground, program: Program, page: Visited, cookies: Mapping[str, str]) -> Figure:
    cookie = f"Cookie: {cookies[page.role]}\r\n" if page.role is not None else ""
    head = f"HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\nAccept-Language: fr\r\n{cookie}\r\n"
    requests: list[Request] = [(f"GET {path} {head}", None) for path in page.paths]
    http_load.send_each(program.port, (requests * CLIENTS)[: max(DIFFERENT, 2 * CLIENTS)], clients=CLIENTS)
    cpu = Cpu(ground, [program])
    rounds = [
        http_load.send(program.port, requests, clients=CLIENTS, seconds=max(2, ground.amounts.seconds // 2))
        for _ in range(min(ground.amounts.rounds, MOST_ROUNDS))
    ]
    api, postgres = cpu.per_request(sum(sum(one.answers.values()) for one in rounds))

    def milliseconds(which: str) -> float:
        return float(statistics.median(getattr(one, which) for one in rounds)) * 1000

    each = statistics.median(one.per_second for one in rounds)
    detail = f"p50 {milliseconds('p50'):.1f} ms, p99 {milliseconds('p99'):.1f} ms, {each:.0f}/s at {CLIENTS} clients"
    detail += f", processor time: API {api / 1000:.1f} ms, Postgres {postgres / 1000:.1f} ms"
    print(f"  {page.name}: p95 {milliseconds('p95'):.1f} ms, {detail}", file=sys.stderr, flush=True)
    return Figure(f"page: {page.name}, p95", MOST_MILLISECONDS, milliseconds("p95"), detail, at_most=True, unit=" ms")


async def _painted(ground: Ground, program: Program, pages: list[Visited], cookies: Mapping[str, str]) -> list[Figure]:
    """Return when the largest part of each page is painted, and how much moves meanwhile; nothing without Chromium."""
    chromium = await asyncio.to_thread(shutil.which, "chromium")
    if chromium is None:
        print("Chromium is missing, so that the first paint is not measured: apt-get install chromium")
        return []
    figures: list[Figure] = []
    async with async_playwright() as playwright:
        alone = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=chromium, args=alone)
        for page in pages:
            turns = [
                await _paint(browser, program, page.paths[turn % len(page.paths)], cookies.get(page.role or ""))
                for turn in range(min(ground.amounts.rounds, MOST_ROUNDS))
            ]
            largest = statistics.median(turn["largest"] for turn in turns) / 1000
            shift = max(turn["shift"] for turn in turns)
            what = turns[0]["what"]
            print(f"  {page.name}: LCP {largest:.2f} s, CLS {shift:.3f}", file=sys.stderr, flush=True)
            figures += [
                Figure(f"page: {page.name}, LCP", MOST_SECONDS_TO_PAINT, largest, what, at_most=True, unit=" s"),
                Figure(f"page: {page.name}, CLS", MOST_SHIFT, shift, "", at_most=True),
            ]
        await browser.close()
    return figures


async def _paint(browser: Browser, program: Program, path: str, cookie: str | None) -> dict[str, Any]:
    """Open a page on a slow line in a telephone that has kept nothing, and return what was painted when."""
    url = f"http://127.0.0.1:{program.port}"
    context = await browser.new_context(
        locale="fr-FR", viewport={"width": 360, "height": 740}, device_scale_factor=2, is_mobile=True, has_touch=True
    )
    if cookie is not None:
        name, _, value = cookie.partition("=")
        await context.add_cookies([{"name": name, "value": value, "url": url}])
    page = await context.new_page()
    tools = await context.new_cdp_session(page)
    await tools.send("Network.enable")
    await tools.send("Network.emulateNetworkConditions", SLOW)
    await tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
    await page.add_init_script(PAINTS)
    await page.goto(url + path, wait_until="networkidle")
    painted: dict[str, Any] = await page.evaluate("painted")
    await context.close()
    return painted
