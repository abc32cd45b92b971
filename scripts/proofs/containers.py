"""docker compose builds and starts the product, people walk through it, and the database restarts under it."""

import asyncio
import io
import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx2

from scripts.ai_evaluation.drawing import label, photographed
from scripts.demo_town.people import ADMIN, PASSWORD, address
from scripts.demo_town.shops import FOURNIL
from scripts.places import ROOT
from scripts.proofs.figures import Outcome
from scripts.proofs.storms import Weather

HOST = "127.0.0.1"
BUILT_WITHIN_SECONDS = 1800
HEALTHY_WITHIN_SECONDS = 180.0
MAIL_WITHIN_SECONDS = 30.0
LOOK_EVERY_SECONDS = 1.0
READINGS = 3
SERVICES = ("db", "api", "worker", "mailpit")
CUSTOMER = address("claire")


class DockerFailed(Exception):
    """Raised when a docker command failed. The message has its last lines."""


async def containers_work(outcome: Outcome, weather: Weather) -> None:
    """Build, start, walk, restart the database, walk again. Without a docker daemon, say that nothing was tried."""
    if (why := await asyncio.to_thread(unusable)) is not None:
        outcome.not_tried = why
        return
    await asyncio.to_thread(_prove, outcome)


def unusable() -> str | None:
    """Return why containers cannot be started here, or None if they can."""
    if shutil.which("docker") is None:
        return "docker is not installed here"
    for question, otherwise in (
        ("info", "no docker daemon answers here"),
        ("compose version", "docker compose is missing"),
    ):
        if subprocess.run(["docker", *question.split()], capture_output=True, check=False).returncode != 0:
            return otherwise
    return None


def _prove(outcome: Outcome) -> None:
    compose = Compose()
    try:
        compose.run("build", seconds=BUILT_WITHIN_SECONDS)
        compose.run("up", "--detach", seconds=HEALTHY_WITHIN_SECONDS)
        _expect_health(compose, outcome, "after the start")
        languages = compose.run("exec", "-T", "api", "tesseract", "--list-langs")
        outcome.expect("fra" in languages.split(), "the image's tesseract knows no French")
        seed = ("--rm", "--no-deps", "--entrypoint", "python", "migrate", "-m", "scripts.command", "seed")
        beneficiary = a_beneficiary(compose.run("run", *seed))
        for visit in ("first", "after the database restarted"):
            walked = walk(compose.url, beneficiary)
            outcome.figures["requests"] += walked["requests"]
            outcome.figures["handovers"] += 1
            outcome.expect(
                walked["read"] == walked["printed"], f"{visit}: the printed date was read as {walked['read']}"
            )
            outcome.expect(compose.got_mail(CUSTOMER), f"{visit}: no mail reached mailpit")
            if visit == "first":
                compose.run("restart", "db")
                _expect_health(compose, outcome, "after a restart of the database")
        said = compose.run("logs", "--no-color")
        outcome.expect(not any(secret in said for secret in compose.secrets), "a secret stands in the logs")
    finally:
        compose.run("down", "--volumes", "--remove-orphans")


def _expect_health(compose: "Compose", outcome: Outcome, when: str) -> None:
    if not compose.is_healthy():
        outcome.violations.append(f"not healthy {HEALTHY_WITHIN_SECONDS:.0f} s {when}: {compose.health()}")


class Compose:
    """The project of docker-compose.yml under another name, with secrets and ports of its own."""

    def __init__(self) -> None:
        self.name = f"ecopanier-proof-{secrets.token_hex(4)}"
        self.secrets = [secrets.token_hex(32) for _ in range(5)]
        port, self._mail_port = _free_port(), _free_port()
        self.url = f"http://{HOST}:{port}"
        names = (
            *("ECOPANIER_SECRET_KEY", "ECOPANIER_MASTER_KEY"),
            *("POSTGRES_PASSWORD", "ECOPANIER_API_PASSWORD", "ECOPANIER_WORKER_PASSWORD"),
        )
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("ECOPANIER_", "STRIPE_"))}
        self._environment = {
            **plain,
            **dict(zip(names, self.secrets, strict=True)),
            "COMPOSE_PROFILES": "development",
            "ECOPANIER_PUBLIC_URL": self.url,
            "SMTP_URL": "smtp://mailpit:1025",
            "PORT": str(port),
            "MAILPIT_PORT": str(self._mail_port),
        }

    def run(self, *words: str, seconds: float = HEALTHY_WITHIN_SECONDS) -> str:
        """Run a compose command and return what it wrote. Raises DockerFailed."""
        project = ["--project-name", self.name, "--file", str(ROOT / "docker-compose.yml")]
        try:
            done = subprocess.run(
                ["docker", "compose", *project, *words],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise DockerFailed(f"docker compose {words[0]} took longer than {seconds:.0f} s") from None
        if done.returncode != 0:
            raise DockerFailed(f"docker compose {words[0]} failed: " + " / ".join(done.stdout.splitlines()[-15:]))
        return done.stdout

    def health(self) -> dict[str, str]:
        """Return what Docker says of each service."""
        said = self.run("ps", "--all", "--format", "json").strip()
        # An array until compose 2.20, and an object a line since.
        listed = json.loads(said) if said.startswith("[") else [json.loads(line) for line in said.splitlines()]
        return {one["Service"]: one.get("Health") or one.get("State", "") for one in listed}

    def is_healthy(self) -> bool:
        """Wait until all services are healthy. Returns whether that happened in time."""

        def all_are() -> bool:
            health = self.health()
            return all(health.get(service) == "healthy" for service in SERVICES)

        return _within(HEALTHY_WITHIN_SECONDS, all_are)

    def got_mail(self, to: str) -> bool:
        """Wait for a mail to somebody in mailpit, and remove it. Returns whether it came in time."""
        mailpit = f"http://{HOST}:{self._mail_port}/api/v1"
        with a_client() as http:

            def came() -> bool:
                listed = http.get(f"{mailpit}/messages").json()["messages"]
                return any(to == one["Address"] for message in listed for one in message["To"])

            found = _within(MAIL_WITHIN_SECONDS, came)
            http.delete(f"{mailpit}/messages")
        return found


def a_beneficiary(sign_ins: str) -> str:
    """Return the code of a beneficiary who may reserve, from the text that `seed` prints."""
    codes = [line.split()[1] for line in sign_ins.splitlines() if line.startswith("beneficiary")]
    return codes[0]


def walk(url: str, beneficiary: str) -> dict[str, Any]:
    """Draft a photo, list a free lot, reserve it, hand it over and ask for a mail, in a seeded town.

    Returns the number of requests, the date printed on the label and the date that was read. Raises httpx2.HTTPError
    if a request is refused.
    """
    with a_client() as http:
        count = 0

        def ask(method: str, path: str, token: str | None = None, **sent: Any) -> Any:
            nonlocal count
            count += 1
            headers = {**sent.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
            answer = http.request(method, f"{url}{path}", headers=headers, **sent)
            answer.raise_for_status()
            return answer.json() if answer.content else None

        def sign_in(username: str) -> str:
            form = urlencode({"username": username, "password": PASSWORD})
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            return str(ask("POST", "/v1/auth/token", content=form, headers=kind)["access_token"])

        ask("GET", "/readyz")
        ask("GET", "/v1/impact")
        merchant, amina, admin = sign_in(address(FOURNIL.merchant.login)), sign_in(beneficiary), sign_in(address(ADMIN))
        printed = (datetime.now(UTC) + timedelta(days=3)).date()
        shop = ask("GET", "/v1/shops", merchant)["data"][0]
        read = None
        for _ in range(READINGS):  # on a machine that is busy, there may be no time to read what is printed
            photo = {"photo": ("label.jpg", _photo(printed), "image/jpeg")}
            drafted = ask("POST", "/v1/lots/drafts", merchant, files=photo, data={"shop_id": shop["id"]})
            read = drafted["draft"]["food_date"] or read
        lot = ask("POST", "/v1/lots", merchant, json=_free_lot(shop["id"]))
        near = f"{shop['latitude']},{shop['longitude']}"
        found = ask("GET", f"/v1/lots?near={near}&radius_km=1&kind=free&limit=50", amina)["data"]
        assert lot["id"] in [one["id"] for one in found]
        once = {"Idempotency-Key": secrets.token_hex(8)}
        held = ask("POST", f"/v1/lots/{lot['id']}/reservations", amina, json={"quantity": 1}, headers=once)
        shown = ask("GET", f"/v1/reservations/{held['id']}/pass", amina)
        ask("POST", "/v1/pickups", merchant, json={"qr": shown["qr"], "pin": shown["pin"]})
        assert ask("GET", f"/v1/reservations/{held['id']}", amina)["status"] == "picked_up"
        ask("GET", "/v1/admin/audit?limit=5", admin)
        ask("POST", "/v1/auth/forgot-password", json={"email": CUSTOMER})
    return {"requests": count, "printed": str(printed), "read": read}


def a_client() -> httpx2.Client:
    """Return a client for this machine, without a proxy and without certificates to load."""
    return httpx2.Client(trust_env=False, timeout=60, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def _photo(use_by: Any) -> bytes:
    encoded = io.BytesIO()
    lines = ["JAMBON SUPERIEUR 180 g", f"A consommer jusqu'au {use_by:%d/%m/%Y}"]
    photographed(label(lines), noise=0.02).save(encoded, "JPEG", quality=92)
    return encoded.getvalue()


def _free_lot(shop: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "shop_id": shop,
        "title": "Pains du soir",
        "description": "Pains de la journée",
        "category": "bakery",
        "kind": "free",
        "original_price_cents": 600,
        "price_cents": 0,
        "quantity": 3,
        "pickup_start": now.isoformat(),
        "pickup_end": (now + timedelta(hours=4)).isoformat(),
        "date_kind": "none",
        "allergens": ["gluten"],
        "cold_chain": False,
        "publish": True,
    }


def _within(seconds: float, happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY_SECONDS)
    return True


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as free:
        return int(free.getsockname()[1])
