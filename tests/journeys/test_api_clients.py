"""API clients: who makes them, their tokens, their two secrets, and how they end."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest

from backend.api_clients.client_secrets import is_well_formed, new_secret
from backend.settings import settings
from tests.town import ApiClient, Customer, Organisation, Person, Town, refused
from tests.town.answers import Refusal, accepted, refusal_in
from tests.visitors import mails

ENROL = "/partners/beneficiaries"


async def _is_let_in(town: Town, client: ApiClient) -> bool:
    """Return whether the database lets a client act with the token that it holds."""
    claims = jwt.decode(str(client.token), options={"verify_signature": False})
    return bool(await town.value("select app.client_stands($1, $2::text::uuid)", client.id, claims["secret"]))


async def _refused_token(client: ApiClient, form: dict[str, str] | None = None, **more: Any) -> tuple[int, str]:
    answer = await client.asks_for_token(form, **more)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error", "error_description"}
    return answer.status_code, answer.json()["error"]


async def test_a_client_gets_a_token_by_basic_or_by_form(town: Town) -> None:
    client = await town.an_api_client()

    by_form, by_basic = await client.asks_for_token(), await client.asks_for_token(basic=True)
    narrow = await client.asks_for_token({"scope": "webhooks figures:read"}, basic=True)

    for answer in (by_form, by_basic):
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["token_type"] == "Bearer"
        assert answer.json()["expires_in"] == 900
        assert answer.json()["scope"] == "beneficiaries:enrol figures:read funds:read webhooks"
    assert narrow.json()["scope"] == "figures:read webhooks"
    claims = jwt.decode(narrow.json()["access_token"], options={"verify_signature": False})
    assert (claims["aud"], claims["sub"]) == ("ecopanier-api-clients", str(client.id))
    assert (claims["scope"], claims["exp"] - claims["iat"]) == ("figures:read webhooks", 900)


async def test_token_errors_have_the_form_of_the_rfc(town: Town) -> None:
    client = await town.an_api_client(None, "figures:read")
    secret = client.secret

    assert await _refused_token(client, {"grant_type": "password"}) == (400, "unsupported_grant_type")
    assert await _refused_token(client, {"scope": "funds:read"}) == (400, "invalid_scope")
    assert await _refused_token(client, {"scope": "everything"}) == (400, "invalid_scope")
    assert await _refused_token(client, {"client_secret": secret}, basic=True) == (400, "invalid_request")
    json_body = await town.request("POST", "/v1/oauth/token", json={"grant_type": "client_credentials"})
    twice = await town.request(
        "POST",
        "/v1/oauth/token",
        content=b"grant_type=client_credentials&grant_type=client_credentials",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert [(one.status_code, one.json()["error"]) for one in (json_body, twice)] == [(400, "invalid_request")] * 2
    wrong = [new_secret(), secret[:-1] + ("0" if secret[-1] != "0" else "1"), "", "eco_é", secret + "0"]
    for one in wrong:
        assert await _refused_token(client, {"client_secret": one}) == (401, "invalid_client")
    for name in ("", "x", "01980c5e-6a10-7a53-b7f4-2f0d7c1e9d01"):
        assert await _refused_token(client, {"client_id": name}) == (401, "invalid_client")
    for header in ("Basic !", "Basic eA==", "Bearer x"):
        assert await _refused_token(client, {"client_secret": ""}, Authorization=header) == (400, "invalid_request")
        answer = await town.request(
            "POST",
            "/v1/oauth/token",
            content=b"grant_type=client_credentials",
            headers={"Content-Type": "application/x-www-form-urlencoded", "Authorization": header},
        )
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    refused_ = await client.asks_for_token({"client_secret": new_secret()})
    assert refused_.headers["www-authenticate"] == 'Basic realm="EcoPanier"'


async def test_secrets_are_shown_once_and_recognised_by_scanners(town: Town) -> None:
    client = await town.an_api_client()
    owner: Customer = (await town.an_organisation("Autre")).owner
    of = client.made["organisation_id"]

    shown = await town.rows("select prefix, hash from app.api_client_secrets")
    kept = str([dict(row) for row in await town.rows("select * from app.api_client_secrets, app.audit_entries")])

    assert re.fullmatch("eco_[0-9A-Za-z]{49}", client.secret)
    assert is_well_formed(client.secret)
    assert not any(is_well_formed(client.secret[:at] + "~" + client.secret[at + 1 :]) for at in range(4, 53))
    assert shown[0]["prefix"] == client.secret[:12] == client.made["secrets"][0]["prefix"]
    assert client.secret[12:] not in kept
    again = await owner.asks("GET", f"/organisations/{of}/api-clients")
    assert refusal_in(again).code == "organisation.not_found"


async def test_guesses_of_secrets_are_limited_by_address(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOPANIER_RATE_LIMITS", "on")
    settings.cache_clear()
    client = await town.an_api_client()

    answers = [await client.asks_for_token({"client_secret": new_secret()}) for _ in range(31)]
    elsewhere = await client.asks_for_token(address="192.0.2.77")

    assert [answer.status_code for answer in answers] == [401] * 30 + [429]
    assert refusal_in(answers[-1]).code == "rate.limited"
    # Whoever tries wrong secrets does not keep the client out.
    assert elsewhere.status_code == 200


async def test_two_secrets_work_while_they_are_rotated(town: Town) -> None:
    client = await town.an_api_client()
    owner = (await town.rows("select account_id from app.members"))[0]["account_id"]
    claire = Person(town, owner, "Claire", None)
    path = f"/api-clients/{client.id}"
    old = client.secret

    rotated = await claire.posts(f"{path}/secrets", {"old_secret_days": 3})
    third = await refused(claire.posts(f"{path}/secrets", {}))
    second = ApiClient(town, rotated)
    assert (third.status, third.code) == (409, "api_client.two_secrets")
    assert (await client.asks_for_token()).status_code == (await second.asks_for_token()).status_code == 200
    assert rotated["client_secret"] != old
    ends = [one["expires_at"] is None for one in (await claire.gets(path))["secrets"]]
    assert ends == [False, True]

    await second.signs_in()
    await town.clock(await town.now() + timedelta(days=3, minutes=1))
    assert (await client.asks_for_token()).json()["error"] == "invalid_client"
    assert (await second.asks_for_token()).status_code == 200
    after = await claire.posts(f"{path}/secrets", {"old_secret_days": 0})
    assert (await second.asks_for_token()).json()["error"] == "invalid_client"
    # A secret's tokens go with it.
    assert not await _is_let_in(town, second)
    newest = await ApiClient(town, after).signs_in()
    assert await _is_let_in(town, newest)
    accepted(await claire.asks("DELETE", f"{path}/secrets/{after['secrets'][2]['id']}"))
    assert not await _is_let_in(town, newest)


@pytest.mark.parametrize("how", ["revoked", "expired", "organisation closed", "scope taken"])
async def test_a_client_that_is_ended_is_refused_at_once(town: Town, how: str) -> None:
    city = await town.an_organisation()
    client = await (await town.an_api_client(city)).signs_in()
    assert await _is_let_in(town, client)

    if how == "revoked":
        accepted(await city.owner.asks("DELETE", f"/api-clients/{client.id}"))
        accepted(await city.owner.asks("DELETE", f"/api-clients/{client.id}"))
        again = await refused(city.owner.posts(f"/api-clients/{client.id}/secrets", {}))
        assert again.code == "api_client.revoked"
    elif how == "expired":
        await town.clock(await town.now() + timedelta(days=366))
    elif how == "organisation closed":
        odile = await town.an_admin()
        accepted(await odile.asks("PATCH", f"/organisations/{city.id}", {"status": "closed"}))
    else:
        await town.changes("update app.api_clients set scopes = '{webhooks}'")
        with pytest.raises(Exception, match=r"client\.scope_missing"):
            await town.value("select app.require_client($1, 'figures:read')", client.id)
        return

    assert not await _is_let_in(town, client)
    assert (await client.asks_for_token()).json()["error"] == "invalid_client"
    with pytest.raises(Exception, match=r"access\.unauthenticated"):
        await town.value("select app.require_client($1, 'figures:read')", client.id)


async def test_a_client_stops_while_its_shop_is_not_verified(town: Town) -> None:
    shop, relais = await town.a_shop(), await town.an_association()
    of_shop, of_association = await town.an_api_client(shop), await town.an_api_client(relais)
    assert of_shop.made["scopes"] == of_association.made["scopes"] == ["webhooks"]
    assert (of_shop.made["shop_id"], of_association.made["association_id"]) == (str(shop.id), str(relais.id))

    await town.changes("update app.shops set status = 'rejected'")
    await town.changes("update app.accounts set status = 'suspended' where id = $1", relais.id)
    stopped = [(await one.asks_for_token()).status_code for one in (of_shop, of_association)]
    seen = (await shop.merchant.gets(f"/shops/{shop.id}/api-clients"))["data"]
    await town.changes("update app.shops set status = 'verified'")
    await town.changes("update app.accounts set status = 'active' where id = $1", relais.id)

    assert stopped == [401, 401]
    assert [one["status"] for one in seen] == ["suspended"]
    assert [(await one.asks_for_token()).status_code for one in (of_shop, of_association)] == [200, 200]


async def _adds(person: Person, at: Organisation, **fields: Any) -> Refusal:
    ends = (await person.town.now() + timedelta(days=100)).isoformat()
    body = {"name": "X", "scopes": ["webhooks"], "expires_at": ends, **fields}
    return refusal_in(await person.asks("POST", f"/organisations/{at.id}/api-clients", body))


async def test_a_client_covers_its_organisation_s_territory_for_two_years(town: Town) -> None:
    city = await town.an_organisation()
    metropolis = await town.an_organisation("Eurométropole", kind="agglomeration", territory="246700488")
    moment = await town.now()

    outside = await _adds(city.owner, city, territory="246700488")
    elsewhere = await _adds(city.owner, city, territory="68224")
    late = await _adds(city.owner, city, expires_at=(moment + timedelta(days=732)).isoformat())
    past = await _adds(city.owner, city, expires_at=(moment - timedelta(minutes=1)).isoformat())
    within = await town.an_api_client(metropolis, "figures:read", territory="67482")
    own = await town.an_api_client(metropolis, "figures:read")

    assert {outside.code, elsewhere.code} == {"api_client.territory_outside"}
    assert {late.code, past.code} == {"api_client.expiry_invalid"}
    assert (within.made["territory"], own.made["territory"]) == ("67482", "246700488")


async def test_an_admin_makes_and_lists_clients_of_organisations(town: Town) -> None:
    city, odile = await town.an_organisation(), await town.an_admin()
    await town.an_api_client(await town.a_shop())
    ends = (await town.now() + timedelta(days=100)).isoformat()
    body = {"organisation_id": str(city.id), "name": "CCAS", "scopes": ["figures:read"], "expires_at": ends}

    made = await odile.posts("/admin/api-clients", body)
    listed = (await odile.gets("/admin/api-clients"))["data"]
    by_owner = (await city.owner.gets(f"/organisations/{city.id}/api-clients"))["data"]
    stranger = await town.a_customer()
    accepted(await odile.asks("DELETE", f"/api-clients/{made['id']}"))

    made.pop("client_secret")
    assert listed == by_owner == [made]
    assert refusal_in(await stranger.asks("POST", "/admin/api-clients", body)).code == "access.forbidden"
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/secrets")):
        answer = await stranger.asks(method, f"/api-clients/{made['id']}{path}", {} if method == "POST" else None)
        assert refusal_in(answer).code == "api_client.not_found"
    noted = await town.rows(
        "select action, actor_role from app.audit_entries where subject = 'organisation' order by id",
    )
    assert [tuple(row) for row in noted][-2:] == [("api_client.added", "admin"), ("api_client.revoked", "admin")]


async def test_an_owner_without_a_second_factor_changes_no_clients(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOPANIER_SECOND_FACTOR", "required")
    settings.cache_clear()
    city = await town.an_organisation()
    claire = city.owner
    client = await town.value(
        "insert into app.api_clients (name, organisation_id, territory_code, scopes, expires_at)"
        " values ('CCAS', $1, '67482', '{webhooks}', now() + interval '1 year') returning id",
        city.id,
    )

    refusals = [
        await _adds(claire, city),
        refusal_in(await claire.asks("POST", f"/api-clients/{client}/secrets", {})),
        refusal_in(await claire.asks("DELETE", f"/api-clients/{client}")),
    ]
    listed = await claire.asks("GET", f"/organisations/{city.id}/api-clients")

    await town.changes(
        "insert into app.sessions (id, account_id, factor_at) values ($1, $2, now())", session := uuid4(), claire.id
    )
    claire.token = town._tokens.issue(claire.id, session)
    control = await claire.asks("DELETE", f"/api-clients/{client}")

    assert control.status_code == 204
    assert {refusal.code for refusal in refusals} == {"auth.second_factor_required"}
    assert listed.status_code == 200


async def test_owners_are_told_once_thirty_days_before_the_end(town: Town) -> None:
    client = await town.an_api_client()
    owner = (await town.rows("select a.email from app.members m join app.accounts a on a.id = m.account_id"))[0][
        "email"
    ]
    before = len(await mails(town, owner))

    await town.clock(await town.now() + timedelta(days=334))
    early = await town.value("select app.tell_of_api_clients(10)")
    await town.clock(await town.now() + timedelta(days=2))
    told = [await town.value("select app.tell_of_api_clients(10)") for _ in range(2)]
    sent = (await mails(town, owner))[before:]

    assert (early, told) == (0, [1, 0])
    assert [("Logiciel" in mail.text, "Ville de Strasbourg" in mail.text) for mail in sent] == [(True, True)]
    assert client.made["status"] == "active"


async def test_a_client_s_last_use_is_kept_to_the_hour(town: Town) -> None:
    client = await town.an_api_client()
    began = await town.now()

    uses = []
    for minutes in (0, 30, 61):
        await town.clock(began + timedelta(minutes=minutes))
        await client.signs_in()
        uses.append(await town.value("select last_used_at from app.api_clients") - began)

    assert uses == [timedelta(0), timedelta(0), timedelta(minutes=61)]


async def test_people_and_clients_have_tokens_of_their_own(town: Town) -> None:
    client = await (await town.an_api_client()).signs_in()
    marc = await town.a_customer()

    as_person = refusal_in(await client.asks("GET", "/me"))
    hot = refusal_in(await client.asks("GET", "/lots", params={"near": "48.58,7.75"}))
    visitor = refusal_in(await client.asks("GET", "/shops", params={"near": "48.58,7.75"}))
    secret = client.token, client.secret
    client.token = client.secret
    by_secret = refusal_in(await client.asks("GET", "/me"))

    assert {as_person.code, hot.code, visitor.code} == {"client.not_here"}
    assert by_secret.code == "access.unauthenticated"
    assert secret[0] != secret[1]
    assert (await marc.asks("GET", "/me")).status_code == 200
