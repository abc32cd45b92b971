"""Pages of API clients: an owner makes one, its secret is shown once, a second follows it, and both are revoked."""

from datetime import timedelta

from tests.town import Town
from tests.web.browser import Browser, Page


async def _token(town: Town, client: str, secret: str) -> int:
    answer = await town.request(
        "POST",
        "/v1/oauth/token",
        content=f"grant_type=client_credentials&client_id={client}&client_secret={secret}".encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    return int(answer.status_code)


def _shown(page: Page) -> tuple[str, str]:
    client, secret = [one.text for one in page.main.all("dd")]
    return client, secret


async def _until(town: Town) -> str:
    return str(await town.today() + timedelta(days=100))


async def test_an_organisation_makes_rotates_and_revokes_a_program(town: Town) -> None:
    city = await town.an_organisation()
    owner = await Browser.of(city.owner)
    page = await (await owner.opens("/organisation")).follows("Programmes")
    late = {"name": "Logiciel du CCAS", "scopes": ["figures:read"], "expires_at": "2040-01-01"}
    wrong = await page.form("Ajouter").send(late)
    assert (wrong.status_code, set(wrong.errors)) == (422, {"expires_at"})
    outside = await wrong.form("Ajouter").send(expires_at=await _until(town), territory="68224")
    assert set(outside.errors) == {"territory"}
    made = await outside.form("Ajouter").send(territory="")
    assert made.status_code == 201
    client, first = _shown(made)
    assert first.startswith("eco_")
    assert await _token(town, client, first) == 200

    page = await owner.opens("/organisation/programs")
    assert first not in page.text
    assert first[:12] in page.text
    assert "Jamais utilisé" not in page.main.text
    second = _shown(await page.form("Nouveau secret Logiciel du CCAS").send(old_secret_days="7"))[1]
    assert [await _token(town, client, secret) for secret in (first, second)] == [200, 200]
    page = await owner.opens("/organisation/programs")
    third = await page.form("Nouveau secret Logiciel du CCAS").send(old_secret_days="7")
    assert (third.status_code, bool(third.alert)) == (409, True)
    page = await third.form(f"Révoquer ce secret {first[:12]}").send()
    assert page.said == "Le secret est révoqué."
    assert [await _token(town, client, secret) for secret in (first, second)] == [401, 200]
    page = await page.form("Révoquer le programme Logiciel du CCAS").send()
    assert page.said == "Le programme est révoqué."
    assert await _token(town, client, second) == 401


async def test_an_association_makes_a_program_for_webhooks(town: Town) -> None:
    owner = await Browser.of(await town.an_association())
    page = await (await owner.opens("/association")).follows("Programmes")
    made = await page.form("Ajouter").send(name="Tableau", expires_at=await _until(town))
    assert await _token(town, *_shown(made)) == 200
    assert "Recevoir des webhooks" in made.main.text


async def test_a_shop_makes_and_revokes_a_program(town: Town) -> None:
    shop = await town.a_shop()
    owner = await Browser.of(shop.merchant)
    page = await (await owner.opens(f"/my-shops/{shop.id}/settings")).follows("Programmes")
    made = await page.form("Ajouter").send(name="Caisse", expires_at=await _until(town))
    client, secret = _shown(made)
    assert await _token(town, client, secret) == 200
    page = await made.form("Révoquer le programme Caisse").send()
    assert page.said == "Le programme est révoqué."
    assert page.path.startswith(f"/my-shops/{shop.id}/programs")
    assert await _token(town, client, secret) == 401


async def test_only_owners_see_programs_and_only_their_own(town: Town) -> None:
    city, other = await town.an_organisation(), await town.an_organisation("Ville de Mulhouse", territory="68224")
    owner, stranger, reader = await Browser.of(city.owner), await Browser.of(other.owner), await town.a_customer()
    made = (
        await (await owner.opens("/organisation/programs"))
        .form("Ajouter")
        .send(name="Logiciel", scopes=["figures:read"], expires_at=await _until(town))
    )
    client, secret = _shown(made)
    await town.changes(
        "insert into app.members (organisation_id, account_id, role, joined_at) values ($1, $2, 'staff', now())",
        city.id,
        reader.id,
    )
    within = await Browser.of(reader)
    assert "Programmes" not in (await within.opens("/organisation")).links
    assert (await within.opens("/organisation/programs")).status_code == 403
    assert (await stranger.sends(f"/organisation/programs/{client}/revoke")).status_code == 404
    assert (await stranger.sends(f"/organisation/programs/{client}/rotate", old_secret_days="0")).status_code == 404
    assert await _token(town, client, secret) == 200


async def test_an_association_mandates_a_town_s_program_and_ends_it(town: Town) -> None:
    city, relais = await town.an_organisation(), await town.an_association("Le Relais")
    owner, association = await Browser.of(city.owner), await Browser.of(relais)
    made = (
        await (await owner.opens("/organisation/programs"))
        .form("Ajouter")
        .send(name="Logiciel du CCAS", scopes=["beneficiaries:enrol"], expires_at=await _until(town))
    )
    client = _shown(made)[0]
    page = await association.opens("/association/programs")
    for unknown in ("abc", str(city.id)):
        wrong = await page.form("Donner mandat").send(client_id=unknown)
        assert set(wrong.errors) == {"client_id"}
    page = await wrong.form("Donner mandat").send(client_id=client)
    assert page.said == "Le mandat est donné."
    assert "Ville de Strasbourg" in page.headings
    assert "Le Relais" in (await owner.opens("/organisation/programs")).headings
    page = await page.form("Mettre fin Ville de Strasbourg, Logiciel du CCAS").send()
    assert page.said == "Le mandat est terminé. Le programme est refusé."
    assert await town.value("select count(*) from app.mandates where ended_at is null") == 0
    assert "Le Relais" not in (await owner.opens("/organisation/programs")).headings
    assert "Personne pour le moment." in (await page.follows("Inscrites ailleurs")).main.text


async def test_an_association_that_is_not_verified_mandates_nobody(town: Town) -> None:
    city = await town.an_organisation()
    association = await Browser.of(await town.an_association(status="pending"))
    owner = await Browser.of(city.owner)
    made = (
        await (await owner.opens("/organisation/programs"))
        .form("Ajouter")
        .send(name="Logiciel", scopes=["beneficiaries:enrol"], expires_at=await _until(town))
    )
    page = await association.opens("/association/programs")
    refused = await page.form("Donner mandat").send(client_id=_shown(made)[0])
    assert (refused.status_code, bool(refused.alert)) == (409, True)
    stranger = await Browser.of(await town.an_association("Ailleurs"))
    assert (await stranger.sends(f"/association/mandates/{city.id}/end")).status_code == 404
