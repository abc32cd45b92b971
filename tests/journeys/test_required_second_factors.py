"""Where second factors are required: admins and names stay closed without one. Lost factors are reset."""

from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from backend import main
from backend.accounts import passwords
from backend.settings import settings
from tests.journeys.test_kiosk import PUBLIC_ROUTES, reached
from tests.journeys.test_second_factors import Holder, refused_with
from tests.journeys.test_stations import FOR_PEOPLE
from tests.supabase_project import EC_KEY, SupabaseProject
from tests.town import Admin, Person, Town
from tests.town.answers import accepted
from tests.town.databases import Connection
from tests.visitors import PASSWORD, mails

# What an admin can reach before their sign-in has passed a second factor, besides what anybody can.
TO_ADD_ONE = {
    "GET /v1/me/second-factors",
    "POST /v1/me/second-factors",
    "DELETE /v1/me/second-factors",
    "POST /v1/me/second-factors/confirm",
}
# Refused before a session is opened: their bodies here are no files, or admins may not do this anyway. The search for
# lots, which shows an admin what it shows anybody, opens no session.
REFUSED_OTHERWISE = {
    "GET /v1/lots",
    "GET /v1/me/search",
    "GET /v1/stations/me",
    "GET /v1/partners/mandates",
    "GET /v1/partners/batches/{batch_id}",
    "GET /v1/territories/{code}/figures",
    "GET /v1/territories/{code}/figures.csv",
    "GET /v1/territories/{code}/figures.geojson",
    "GET /v1/territories/{code}/live",
    "POST /v1/agreements",
    "POST /v1/beneficiaries/import",
    "POST /v1/lots/drafts",
    "POST /v1/lots/{lot_id}/reservations",
    "POST /v1/partners/beneficiaries",
    "POST /v1/photos",
    "POST /v1/pickups",
    "POST /v1/reservations/{reservation_id}/checkout",
    "PUT /v1/me/diet",
}


@pytest.fixture(params=["required"])
def rule(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, town: Town) -> str:
    """Serve the town with this ECOPANIER_SECOND_FACTOR."""
    monkeypatch.setenv("ECOPANIER_SECOND_FACTOR", request.param)
    settings.cache_clear()
    return str(request.param)


async def signed_in(town: Town, person: Person) -> Holder:
    """Give a person of the town a password, and sign them in over HTTP."""
    await town.changes(
        "insert into app.credentials (account_id, password_hash) values ($1, $2)",
        person.id,
        await passwords.hashed(PASSWORD),
    )
    holder = Holder(town)
    holder.email = person.email or ""
    holder.tokens = await holder.signs_in(holder.email)
    return holder


def with_token(person: Person, holder: Holder) -> Any:
    """Return the person with the access token of their present sign-in."""
    person.token = holder.tokens["access_token"]
    return person


async def sends_file(person: Person, path: str) -> httpx2.Response:
    form = httpx2.Request("POST", "http://form", files={"file": ("list.csv", b"first_name\n", "text/csv")})
    sent = {"Content-Type": form.headers["content-type"]}
    return await person.asks("POST", path, content=form.read(), headers=sent)


@pytest.mark.usefixtures("rule")
async def test_an_admin_without_a_factor_can_only_add_one(town: Town) -> None:
    odile = await town.an_admin()
    holder = await signed_in(town, odile)

    taken, tried = await reached(with_token(odile, holder), "auth.second_factor_required")
    needed = await holder.has()
    lot = await town.a_lot()
    others = [
        await sends_file(odile, "/beneficiaries/import"),
        await odile.sends_photo(b"no picture"),
        await odile.sends_reservation(lot),
        await odile.asks("POST", "/pickups", {"code": "7K3M9QXT4B", "pin": "048213"}, key=str(uuid4())),
    ]
    await holder.begins()
    accepted(await holder.confirms_code(await holder.shown()))
    now_taken, _ = await reached(odile, "auth.second_factor_required")

    assert taken == TO_ADD_ONE | PUBLIC_ROUTES - FOR_PEOPLE | REFUSED_OTHERWISE
    assert tried > len(taken) + 20
    assert (needed["required"], needed["passed"]) == (True, False)
    assert [refused_with(answer) for answer in others] == [
        (403, "auth.second_factor_required"),
        (403, "auth.second_factor_required"),
        (403, "access.forbidden"),
        (403, "access.forbidden"),
    ]
    # The control: the same sign-in, once it has passed the factor, is refused nowhere for the lack of one.
    assert len(now_taken) == tried


@pytest.mark.usefixtures("rule")
async def test_an_admin_s_session_loses_its_powers_with_the_factor(town: Town) -> None:
    odile = await town.an_admin()
    holder = await signed_in(town, odile)
    await holder.adds()
    await holder.enters()

    admin = with_token(odile, holder)
    before = await admin.asks("GET", "/admin/accounts")
    holder.tokens = await holder.refreshes(holder.tokens)
    refreshed = await with_token(odile, holder).asks("GET", "/admin/accounts")
    await holder.waits()
    accepted(await holder.removes(code=await holder.shown()))
    after = await admin.asks("GET", "/admin/accounts")

    assert (before.status_code, refreshed.status_code) == (200, 200)
    assert refused_with(after) == (403, "auth.second_factor_required")


@pytest.mark.parametrize("rule", ["required", "admins", "optional"], indirect=True)
async def test_names_stay_closed_without_a_factor_where_it_is_required(town: Town, rule: str) -> None:
    relais = await town.an_association()
    enrolled = await relais.enrols()
    holder = await signed_in(town, relais)
    works = with_token(relais, holder)
    find = {"first_name": "Amina", "last_name": "Benali", "birth_date": "1990-05-01"}
    routes: list[tuple[str, str, Any]] = [
        ("GET", "/beneficiaries", None),
        ("GET", f"/beneficiaries/{enrolled['id']}", None),
        ("POST", "/beneficiaries/find", find),
        ("POST", "/beneficiaries/find", {**find, "first_name": "Nobody"}),
        ("PATCH", f"/beneficiaries/{enrolled['id']}", {"last_name": "Belkacem"}),
    ]

    before = [(await works.asks(*route)).status_code for route in routes]
    opened = await town.value("select count(*) from app.audit_entries where action = 'person.opened'")
    await holder.adds()
    await holder.enters()
    after = [(await with_token(relais, holder).asks(*route)).status_code for route in routes]

    assert before == ([403] * 5 if rule == "required" else [200, 200, 200, 404, 200])
    assert (opened == 0) == (rule == "required")
    assert after == [200, 200, 200 if rule == "required" else 404, 404, 200]


async def opens(connection: Connection, beneficiary: UUID) -> int:
    rows = await connection.fetch("select * from app.open_persons(array[$1::uuid], 'list')", beneficiary)
    return len(rows)


async def test_the_database_keeps_names_and_powers_closed_by_itself(town: Town) -> None:
    """A transaction that does not say the setting is bound by the strictest, so Python cannot forget to."""
    relais, odile = await town.an_association(), await town.an_admin()
    enrolled = await relais.enrols()
    passed = await town.value(
        "insert into app.sessions (account_id, factor_at) values ($1, now()) returning id", relais.id
    )
    beneficiary = UUID(enrolled["id"])

    refusals, role = [], None
    for session in (None, uuid4(), passed):
        async with town.sql_as(relais) as sql:
            await sql.execute("select set_config('app.second_factor', '', true)")
            claims = f'{{"sub": "{relais.id}", "session_id": "{session}"}}' if session else f'{{"sub": "{relais.id}"}}'
            await sql.execute("select set_config('request.jwt.claims', $1, true)", claims)
            try:
                refusals.append(str(await opens(sql, beneficiary)))
            except Exception as refusal:
                refusals.append(str(refusal))
    async with town.sql_as(odile) as sql:
        await sql.execute("select set_config('app.second_factor', '', true)")
        role = await sql.fetchval("select app.caller_role()")
        control = await sql.fetchval(
            "select app.caller_role() from (select set_config('app.second_factor', 'optional', true) offset 0) x"
        )

    assert refusals == ["auth.second_factor_required"] * 2 + ["1"]
    assert (role, control) == (None, "admin")


async def test_a_supabase_token_counts_by_its_assurance_level(
    town: Town, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    odile = await town.an_admin()
    async with SupabaseProject() as project:
        monkeypatch.setenv("ECOPANIER_AUTH", "supabase")
        monkeypatch.setenv("SUPABASE_URL", project.url)
        monkeypatch.setenv("SUPABASE_SECRET_KEY", "sb_secret_x")
        settings.cache_clear()
        app = main.create_app()
        async with (
            main.connected(app),
            httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://product") as client,
        ):

            async def asked(path: str, **claims: str) -> httpx2.Response:
                token = project.token(EC_KEY, "ec", sub=str(odile.id), **claims)
                return await client.get(f"/v1{path}", headers={"Authorization": f"Bearer {token}"})

            answers = [await asked("/admin/accounts", **c) for c in ({}, {"aal": "aal1"}, {"aal": "aal2"})]
            elsewhere = await asked("/me/second-factors", aal="aal2")

    assert rule == "required"
    assert [answer.status_code for answer in answers] == [403, 403, 200]
    assert answers[0].json()["code"] == "auth.second_factor_required"
    assert refused_with(elsewhere) == (409, "auth.elsewhere")


async def test_our_own_token_cannot_claim_an_assurance_level(town: Town, rule: str) -> None:
    odile = await town.an_admin()
    tokens = town._tokens
    forged = tokens.issue(odile.id, uuid4())
    claims = await tokens.verify(forged)

    assert (rule, claims.assurance) == ("required", None)
    odile.token = forged
    assert refused_with(await odile.asks("GET", "/admin/accounts")) == (403, "auth.second_factor_required")


async def an_admin_with_factor(town: Town, name: str) -> tuple[Admin, Holder]:
    admin = await town.an_admin(name)
    holder = await signed_in(town, admin)
    await holder.adds()
    await holder.enters()
    await holder.waits()
    return with_token(admin, holder), holder


@pytest.mark.usefixtures("rule")
async def test_a_lost_factor_goes_a_day_after_an_admin_was_told(town: Town) -> None:
    odile, _ = await an_admin_with_factor(town, "Odile")
    paul, lost = await an_admin_with_factor(town, "Paul")
    path = f"/admin/accounts/{paul.id}/second-factor/reset"

    own = await odile.asks("POST", f"/admin/accounts/{odile.id}/second-factor/reset", {"reason": "Perdu."})
    unknown = await odile.asks("POST", f"/admin/accounts/{uuid4()}/second-factor/reset", {"reason": "Perdu."})
    asked = await odile.posts(path, {"reason": "Téléphone perdu, vu en personne."})
    again = await odile.posts(path, {"reason": "Encore."})
    mail = (await mails(town, paul.email))[-1]
    await lost.waits(hours=23)
    await town.worker_runs()
    early = await lost.is_challenged()
    await lost.waits(hours=2)
    await town.worker_runs()
    late = await lost.sends(early, code=await lost.shown())
    tokens = await lost.signs_in(lost.email)
    told = (await mails(town, paul.email))[-1]

    assert refused_with(own) == (409, "second_factor.own_reset")
    assert refused_with(unknown) == (404, "account.not_found")
    assert asked == again
    assert mail.subject == "Votre double authentification sera retirée"
    assert refused_with(late) == (401, "auth.challenge_over")
    assert tokens["access_token"]
    assert "déclarée perdue" in told.text
    ended = await town.rows("select distinct ended_because from app.sessions where account_id = $1", paul.id)
    assert {row["ended_because"] for row in ended} == {"factor_reset", None}
    assert refused_with(await odile.asks("POST", path, {"reason": "Trop tard."})) == (404, "second_factor.not_found")
    decided = await town.rows("select decision, reason from app.decisions where subject_id = $1", paul.id)
    assert [tuple(row) for row in decided] == [("factor_reset", "Téléphone perdu, vu en personne.")]
    written = await town.rows(
        "select action, actor_id from app.audit_entries where subject_id = $1 and action like '%reset%' order by id",
        paul.id,
    )
    assert [tuple(row) for row in written] == [("account.factor_reset", odile.id), ("second_factor.reset", None)]


@pytest.mark.usefixtures("rule")
async def test_signing_in_with_the_factor_ends_its_reset(town: Town) -> None:
    odile, _ = await an_admin_with_factor(town, "Odile")
    paul, holder = await an_admin_with_factor(town, "Paul")
    await odile.posts(f"/admin/accounts/{paul.id}/second-factor/reset", {"reason": "Appel au téléphone."})

    await holder.enters()
    await holder.waits(hours=25)
    await town.worker_runs()

    assert (await holder.is_challenged()) != ""
    assert await town.value("select count(*) from app.second_factors where account_id = $1", paul.id) == 1


@pytest.mark.usefixtures("rule")
async def test_a_customer_cannot_reset_anybody_s_factor(town: Town) -> None:
    paul, _ = await an_admin_with_factor(town, "Paul")
    amina = await town.a_customer()

    answer = await amina.asks("POST", f"/admin/accounts/{paul.id}/second-factor/reset", {"reason": "Moi."})

    assert refused_with(answer) == (403, "access.forbidden")
    assert await town.value("select reset_at from app.second_factors") is None
