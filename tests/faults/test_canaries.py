"""Names, contacts and birth dates of beneficiaries, and secrets of second factors, are found nowhere unencrypted.

They are sent through every endpoint that takes them, then searched for in logs, dumps, mails, files and answers.
"""

import json
import os
import signal
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import psycopg
import pyotp
import pytest

from scripts.embedded_postgres import EmbeddedPostgres
from tests.canaries import FIRST_NAME, LAST_NAME, PHONE, WORDS, Canary, plain_spellings, sightings, spellings
from tests.startup.running import Running
from tests.visitors import PASSWORD, read_mail

PATIENCE_SECONDS = 30
# Simulates a fault in our own SQL whose error message contains the whole row.
TRIP = """
    create function app.trip() returns trigger language plpgsql as $$ begin raise exception 'over %', new; end $$;
    grant execute on function app.trip() to public;
    create trigger trip before insert or update on app.beneficiary_persons for each row execute function app.trip();
    create trigger trip before insert on app.sealed_addresses for each row execute function app.trip()
"""

TRIP_FACTORS = """
    create function app.trip() returns trigger language plpgsql as $$ begin raise exception 'over %', new; end $$;
    grant execute on function app.trip() to public;
    create trigger trip before insert or update on app.second_factors for each row execute function app.trip()
"""
ODILE = "odile@example.org"


class House:
    """The whole product as `scripts/run` starts it, logging at debug level, and everything that it leaves behind."""

    def __init__(self, running: Running, address: str, data: Path, temporary: Path) -> None:
        self.running = running
        self.data = data
        self.temporary = temporary
        self.answers: dict[str, bytes] = {}
        self.client = httpx2.Client(base_url=f"{address}/v1", trust_env=False, timeout=60)
        self.server = EmbeddedPostgres(data / "postgres", attach=True)

    def asks(
        self, method: str, path: str, json: Any = None, *, token: str | None = None, **more: Any
    ) -> httpx2.Response:
        headers = {**more.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        return self.client.request(method, path, json=json, headers=headers, **more)

    def does(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        answer = self.asks(method, path, json, **more)
        assert answer.status_code < 300, answer.text
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer.content

    def is_refused(self, status: int, method: str, path: str, json: Any = None, **more: Any) -> None:
        """Send a request that must fail with this status; keep the answer, to search it with everything else."""
        answer = self.asks(method, path, json, **more)
        assert answer.status_code == status, answer.text
        self.answers[f"answer {len(self.answers)}: {status} to {method} {path[:40]}"] = answer.content

    def signs_in(self, username: str) -> str:
        tokens = self.client.post("/auth/token", data={"username": username, "password": PASSWORD})
        assert tokens.status_code == 200, tokens.text
        return str(tokens.json()["access_token"])

    def mail_to(self, address: str, subject: str) -> str:
        """Wait for a mail with this subject and return the token of its link."""

        def found() -> str | None:
            for file in sorted((self.data / "mails").glob("[0-9]*.eml"), reverse=True):
                mail = read_mail(file.read_bytes())
                if mail.to == address and mail.subject == subject:
                    return mail.token
            return None

        deadline = time.monotonic() + PATIENCE_SECONDS
        while (token := found()) is None:
            assert time.monotonic() < deadline, self.running.said
            time.sleep(0.05)
        return token

    def logged(self) -> bytes:
        """Return everything that the API and the worker have logged."""
        return b"".join(file.read_bytes() for file in (self.data / "logs").glob("*"))

    def sql(self, statement: str) -> None:
        with psycopg.connect(self.server.url("postgres", "ecopanier"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def dumped(self, *options: str) -> bytes:
        command = [
            str(self.server.bin / "pg_dump"),
            "--format=plain",
            *options,
            self.server.url("postgres", "ecopanier"),
        ]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def everything(self) -> dict[str, bytes]:
        """Return all data that somebody other than the person and their association could obtain, by place."""
        metrics = httpx2.get(str(self.client.base_url).removesuffix("/v1/") + "/metrics", trust_env=False).content
        places = {"dump": self.dumped(), "said": self.running.said.encode(), "metrics": metrics, **self.answers}
        files = [file for folder in (self.data, self.temporary) for file in folder.rglob("*") if file.is_file()]
        for file in (file for file in files if not file.is_relative_to(self.server.folder)):
            if "mails" in file.parts and not file.name.startswith("."):
                # A mail may contain its recipient's address (in the headers), but never a name.
                raw = file.read_bytes()
                to = str(message_from_bytes(raw, policy=policy.default)["To"])
                mail = read_mail(raw)
                places[f"mail to {to}"] = "\n".join((mail.subject, mail.text, mail.html)).encode()
            else:
                places[str(file)] = file.read_bytes()
        return places

    def on_disk(self) -> dict[str, str]:
        """Return a hash of each of Postgres' own files: the tables and the write-ahead log."""
        files = (file for file in self.server.folder.rglob("*") if file.is_file())
        return {str(file): blake2b(file.read_bytes()).hexdigest() for file in files}

    def written_since(self, before: Mapping[str, str]) -> dict[str, bytes]:
        """Return those of Postgres' own files that have changed since `on_disk` was asked."""
        return {file: Path(file).read_bytes() for file, now in self.on_disk().items() if now != before.get(file)}


@contextmanager
def a_house(folder: Path) -> Iterator[House]:
    data, temporary = folder / "data", folder / "tmp"
    temporary.mkdir(mode=0o777)
    temporary.chmod(0o777)
    running = Running(
        data, ECOPANIER_LOG_LEVEL="debug", TMPDIR=str(temporary), ECOPANIER_RATE_LIMITS="off", PYTHONDEVMODE="0"
    )
    try:
        house = House(running, running.until_it_runs(), data, temporary)
        with house.client:
            yield house
    finally:
        running.end(signal.SIGTERM)


@pytest.fixture(scope="module")
def house(servers_folder: Path) -> Iterator[House]:
    folder = servers_folder / f"canaries-{os.getpid()}"
    folder.mkdir(mode=0o755)
    with a_house(folder) as opened:
        yield opened


def test_canaries_appear_nowhere_outside_encrypted_values(house: House) -> None:
    at_first = house.on_disk()
    enrolled_, imported, edited, activated, refused, failed, other_, guessed, registered, guest = map(
        Canary, range(10, 20)
    )
    relais = _a_verified_association(house)

    # Requests that accept the data.
    first = house.does("POST", "/beneficiaries", enrolled_.fields(), token=relais, headers={"Idempotency-Key": "one"})
    house.does("POST", "/beneficiaries", enrolled_.fields(), token=relais, headers={"Idempotency-Key": "one"})
    columns = ("first_name", "last_name", "birth_date", "email", "phone", "eligible_until")
    line = ";".join(str(imported.fields()[column]) for column in columns)
    csv = ";".join(columns) + f"\n{line}\n{line}\n{LAST_NAME};{FIRST_NAME};31/31/1931;;{PHONE};\n"
    answer = house.asks(
        "POST",
        "/beneficiaries/import",
        token=relais,
        files={"file": ("people.csv", csv.encode("cp1252"), "text/csv")},
    )
    assert answer.status_code == 200, answer.text
    assert [one["outcome"] for one in answer.json()["outcomes"]] == ["enrolled", "already_enrolled", "refused"]
    house.answers["outcomes of an import"] = answer.content
    other = house.does("POST", "/beneficiaries", other_.fields(), token=relais)
    house.does("PATCH", f"/beneficiaries/{other['id']}", dict(list(edited.fields().items())[:5]), token=relais)
    for beneficiary in (first, other):
        house.does("POST", f"/beneficiaries/{beneficiary['id']}/verify", token=relais)
    look = {key: enrolled_.fields()[key] for key in ("first_name", "last_name", "birth_date")}
    house.does("POST", "/beneficiaries/find", look, token=relais)
    read = house.does("GET", f"/beneficiaries/{first['id']}", token=relais)
    assert read["person"]["first_name"] == enrolled_.fields()["first_name"]  # the association may read it
    house.does("GET", "/beneficiaries", token=relais)
    house.does("POST", "/beneficiaries/cards", {"beneficiary_ids": [first["id"]]}, token=relais)
    house.does(
        "POST",
        "/auth/activate",
        {"activation_token": first["activation_token"], "password": PASSWORD, "email": activated.email},
    )
    asked = house.mail_to(activated.email, "Confirmez votre adresse e-mail")
    house.does("POST", "/auth/verify-email", {"token": asked, "password": PASSWORD})
    amina = house.signs_in(activated.email)
    assert house.does("GET", "/me", token=amina)["email"] == activated.email
    assert FIRST_NAME.encode() not in house.does("GET", "/me/export", token=amina)  # zipped
    house.does("POST", "/auth/forgot-password", {"email": activated.email})
    house.mail_to(activated.email, "Choisissez un nouveau mot de passe")
    stranger = {"password": PASSWORD, "role": "customer", "display_name": "Nour", "consents": {"terms": "2026-01"}}
    house.does(
        "POST", "/auth/register", {**stranger, "email": activated.email}
    )  # the address is taken, but the answer does not say so

    # Invitations: to somebody whom nobody knows, and to the beneficiary, who accepts.
    for email in (guest.email, activated.email):
        house.does("POST", "/associations/me/members", {"email": email, "role": "reader"}, token=relais)
    house.mail_to(guest.email, "Invitation à rejoindre une association")
    invited = house.mail_to(activated.email, "Invitation à rejoindre une association")
    house.does("GET", f"/invitations/{invited}")
    house.does("POST", f"/invitations/{invited}/accept", token=amina)
    listed = house.does("GET", "/associations/me/members", token=relais)["data"]
    assert {member["email"] for member in listed} >= {guest.email, activated.email}  # the owner may read them
    house.does("GET", "/me/memberships", token=amina)

    # Requests that are refused.
    house.is_refused(404, "POST", f"/invitations/{invited}/accept", token=amina)
    house.is_refused(422, "POST", "/associations/me/members", {"email": f"{refused.email} {PHONE}"}, token=relais)
    house.is_refused(409, "POST", "/associations/me/members", {"email": activated.email, "role": "staff"},
                     token=relais)  # fmt: skip
    for wrong in (
        {"birth_date": "not a day"}, {"birth_date": "2999-01-01"}, {"eligible_until": "1999-01-01"},
        {"first_name": FIRST_NAME * 20}, {"email": f"{refused.email} {PHONE}"},
        {LAST_NAME: FIRST_NAME}, {"phone": FIRST_NAME},
    ):  # fmt: skip
        house.is_refused(422, "POST", "/beneficiaries", refused.fields(**wrong), token=relais)
    raw = f'{{"first_name": "{FIRST_NAME}", "email": "{refused.email}'.encode()
    json_ = {"Content-Type": "application/json"}
    house.is_refused(422, "POST", "/beneficiaries", token=relais, content=raw, headers=json_)
    house.is_refused(415, "POST", "/beneficiaries", token=relais, content=raw, headers={"Content-Type": "text/plain"})
    house.is_refused(409, "POST", "/beneficiaries", enrolled_.fields(), token=relais)
    house.is_refused(422, "POST", "/beneficiaries", refused.fields(), token=relais, headers={"Idempotency-Key": "one"})
    house.is_refused(422, "PATCH", f"/beneficiaries/{first['id']}", refused.fields(), token=relais)
    house.is_refused(404, "GET", f"/{LAST_NAME}/{guessed.email}", token=relais)
    house.is_refused(404, "PATCH", f"/beneficiaries/{'0' * 8}-0000-7000-8000-{'0' * 12}",
                     {"email": guessed.email}, token=relais)  # fmt: skip
    house.is_refused(422, "GET", f"/beneficiaries?after={guessed.email}&name={LAST_NAME}", token=relais)
    house.is_refused(401, "POST", "/auth/token", data={"username": guessed.email, "password": FIRST_NAME})
    house.is_refused(401, "GET", "/me", token=f"{FIRST_NAME.encode().hex()}.{guessed.email}")
    house.is_refused(422, "POST", "/auth/activate", {"activation_token": LAST_NAME, "password": PASSWORD,
                                                     "email": guessed.email})  # fmt: skip
    house.is_refused(422, "POST", "/auth/register", {**stranger, "email": registered.email, "role": "beneficiary",
                                                     "display_name": LAST_NAME})  # fmt: skip
    house.does("POST", "/auth/forgot-password", {"email": registered.email})
    # A fault in our own SQL, while the personal data are at hand: the answer contains none of them.
    earlier = house.logged().count(b'"status":500')
    house.sql(TRIP)
    house.is_refused(500, "POST", "/beneficiaries", failed.fields(), token=relais)
    house.is_refused(500, "PATCH", f"/beneficiaries/{first['id']}", {"email": failed.email}, token=relais)
    house.is_refused(500, "POST", "/auth/activate", {"activation_token": other["activation_token"],
                                                     "password": PASSWORD, "email": failed.email})  # fmt: skip
    house.sql("drop function app.trip cascade")
    house.running.until(lambda: house.logged().count(b'"status":500') == earlier + 3, "written down what failed")

    places = house.everything()
    assert {"dump", "said", "metrics"} <= places.keys()
    assert b'"level":"debug"' in house.logged()
    assert len(house.answers) >= 20
    assert any(place.startswith("mail to") for place in places)
    assert sightings(places) == set()
    written = house.written_since(at_first)
    assert any("pg_wal" in file for file in written)
    assert sightings(written, raw=True) == set()

    # The control: a value that is not encrypted is found in the dump and in Postgres' own files.
    at_last = house.on_disk()
    house.sql(f"insert into app.spent_codes values ('{FIRST_NAME}')")  # noqa: S608 - a word of this test
    assert sightings({"dump": house.dumped()}) == {("dump", FIRST_NAME)}
    assert {word for _, word in sightings(house.written_since(at_last), raw=True)} == {FIRST_NAME}


def _a_verified_association(house: House) -> str:
    fields = {"email": "relais@example.org", "password": PASSWORD, "role": "association", "display_name": "Le Relais"}
    house.does("POST", "/auth/register", {**fields, "consents": {"terms": "2026-01"}})
    token = house.mail_to("relais@example.org", "Confirmez votre adresse e-mail")
    house.does("POST", "/auth/verify-email", {"token": token})
    house.sql("update app.associations set status = 'verified'")
    return house.signs_in("relais@example.org")


def sign_in(house: House) -> dict[str, Any]:
    answer = house.client.post("/auth/token", data={"username": ODILE, "password": PASSWORD})
    body: dict[str, Any] = answer.json()
    return body


def found(places: dict[str, bytes], words: list[str], *, raw: bool = False) -> set[tuple[str, str]]:
    ways = plain_spellings if raw else spellings
    # Every database has copies of the same files, so each content is searched only once.
    met = {content: [word for word in words if any(w in content for w in ways(word))] for content in {*places.values()}}
    return {(place, word) for place, content in places.items() for word in met[content]}


def test_the_secrets_of_a_second_factor_appear_nowhere(house: House) -> None:
    at_first = house.on_disk()
    fields = {"email": ODILE, "password": PASSWORD, "role": "customer", "display_name": "Odile"}
    house.does("POST", "/auth/register", {**fields, "consents": {"terms": "2026-01"}})
    house.does("POST", "/auth/verify-email", {"token": house.mail_to(ODILE, "Confirmez votre adresse e-mail")})
    token = house.signs_in(ODILE)

    begun = house.does("POST", "/me/second-factors", {"password": PASSWORD}, token=token)
    shown = pyotp.TOTP(begun["secret"])
    # The codes are long past when the database is searched, but the log must not have them either.
    code = shown.at(datetime.now(UTC))
    made = house.does("POST", "/me/second-factors/confirm", {"code": code}, token=token)
    challenge = sign_in(house)
    body = {"challenge_token": challenge["challenge_token"]}
    house.is_refused(401, "POST", "/auth/second-factor", {**body, "code": code})
    used, unused = made["recovery_codes"][:2]
    entered = house.does("POST", "/auth/second-factor", {**body, "recovery_code": used})
    house.is_refused(401, "POST", "/auth/second-factor", {**body, "recovery_code": unused})
    house.is_refused(422, "POST", "/auth/second-factor", {**body, "recovery_code": unused, "code": begun["secret"]})
    house.is_refused(401, "GET", "/me", token=challenge["challenge_token"])
    house.is_refused(403, "DELETE", "/me/second-factors", {"password": unused, "recovery_code": unused},
                     token=entered["access_token"])  # fmt: skip
    house.does("GET", "/me/export", token=entered["access_token"])
    house.sql(TRIP_FACTORS)
    removal = {"password": PASSWORD, "code": shown.at(datetime.now(UTC), counter_offset=1)}
    house.is_refused(500, "DELETE", "/me/second-factors", removal, token=entered["access_token"])
    house.sql("drop function app.trip cascade")

    secrets = [begun["secret"], challenge["challenge_token"]]
    secrets += [one for written in made["recovery_codes"] for one in (written, written.replace("-", ""))]
    places = house.everything()
    assert b'"level":"debug"' in house.logged()
    assert found(places, secrets) == set()
    assert found(house.written_since(at_first), secrets, raw=True) == set()
    # The control: a secret that is not sealed is found.
    house.sql(f"insert into app.spent_codes values ('{begun['secret']}')")  # noqa: S608 - made by the product
    assert found({"dump": house.dumped()}, secrets) == {("dump", begun["secret"])}


@pytest.mark.parametrize("word", WORDS)
def test_the_search_finds_a_word_in_every_encoding(word: str) -> None:
    """Control of the search itself: bytes, UTF-16, hex, base64 inside other text, percent and JSON escapes."""
    ways = {
        "bytes": word.upper().encode(),
        "wide": word.encode("utf-16-le"),
        "hex": word.encode().hex().encode(),
        "url": quote(word).encode(),
        "json": json.dumps(word).encode(),
        **{f"base64 {n}": b64encode(b"ababab"[:n] + word.encode() + b"ababab") for n in range(3)},
    }
    found = sightings({way: b"xx" + hidden + b"xx" for way, hidden in ways.items()})
    assert {way for way, what in found if what == word} == set(ways)
