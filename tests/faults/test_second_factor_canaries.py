"""The secrets of a second factor: used in every way, then found in no log, dump, mail or file."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyotp

from tests.canaries import plain_spellings, spellings
from tests.faults.test_canaries import House, a_house
from tests.visitors import PASSWORD

EMAIL = "odile@example.org"
# A fault in our own SQL whose error message contains the whole row.
TRIP = """
    create function app.trip() returns trigger language plpgsql as $$ begin raise exception 'over %', new; end $$;
    grant execute on function app.trip() to public;
    create trigger trip before insert or update on app.second_factors for each row execute function app.trip()
"""


def sign_in(house: House) -> dict[str, Any]:
    answer = house.client.post("/auth/token", data={"username": EMAIL, "password": PASSWORD})
    body: dict[str, Any] = answer.json()
    return body


def found(places: dict[str, bytes], words: list[str], *, raw: bool = False) -> set[tuple[str, str]]:
    ways = plain_spellings if raw else spellings
    # Every database has copies of the same files, so each content is searched only once.
    met = {content: [word for word in words if any(w in content for w in ways(word))] for content in {*places.values()}}
    return {(place, word) for place, content in places.items() for word in met[content]}


def test_the_secrets_of_a_second_factor_appear_nowhere(servers_folder: Path) -> None:
    folder = servers_folder / f"factor-canaries-{os.getpid()}"
    folder.mkdir(mode=0o755)
    with a_house(folder) as house:
        fields = {"email": EMAIL, "password": PASSWORD, "role": "customer", "display_name": "Odile"}
        house.does("POST", "/auth/register", {**fields, "consents": {"terms": "2026-01"}})
        house.does("POST", "/auth/verify-email", {"token": house.mail_to(EMAIL, "Confirmez votre adresse e-mail")})
        token = house.signs_in(EMAIL)

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
        house.sql(TRIP)
        removal = {"password": PASSWORD, "code": shown.at(datetime.now(UTC), counter_offset=1)}
        house.is_refused(500, "DELETE", "/me/second-factors", removal, token=entered["access_token"])
        house.sql("drop function app.trip cascade")

        secrets = [begun["secret"], challenge["challenge_token"]]
        secrets += [one for written in made["recovery_codes"] for one in (written, written.replace("-", ""))]
        places = house.everything()
        assert b'"level":"debug"' in house.logged()
        assert found(places, secrets) == set()
        assert found(house.on_disk(), secrets, raw=True) == set()
        # The control: a secret that is not sealed is found.
        house.sql(f"insert into app.spent_codes values ('{begun['secret']}')")  # noqa: S608 - made by the product
        assert found({"dump": house.dumped()}, secrets) == {("dump", begun["secret"])}
