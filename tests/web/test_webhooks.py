"""Pages of webhooks: an owner adds one, its secret is shown once, and its messages can be read and sent again."""

import pytest

from backend.http.public_addresses import PublicHttps
from backend.webhooks import jobs
from tests.town import Town
from tests.web.browser import Browser


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no name resolve, so that nothing is called."""

    async def resolve(host: str, port: int) -> list[str]:
        raise OSError

    monkeypatch.setattr(jobs, "OUTGOING", PublicHttps(resolve))


async def test_a_merchant_adds_tries_and_removes_a_webhook(town: Town) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    page = await (await sophie.opens(f"/my-shops/{shop.id}/settings")).follows("Webhooks")
    wrong = await page.form("Ajouter").send(url="http://127.0.0.1/", events=["reservation.made.v1"])
    assert (wrong.status_code, set(wrong.errors)) == (422, {"url"})
    made = await wrong.form("Ajouter").send(url="https://caisse.example.org/secret", description="Caisse")
    assert made.status_code == 201
    [secret] = [one.text for one in made.main.all("code") if one.text.startswith("whsec_")]

    page = await (await sophie.opens(f"/my-shops/{shop.id}/webhooks")).follows("Caisse")
    assert secret not in page.text
    assert "example.org/secret" not in page.text
    page = await page.form("Envoyer un essai").send()
    assert page.said == "L’essai part dans quelques secondes."
    await town.worker_runs()
    page = await sophie.opens(page.path)
    assert "L’adresse n’est pas publique." in page.main.text
    [again] = [one for one in page.forms if "/deliveries/" in one.names[0]]
    page = await again.send()
    assert page.said == "Le message repart dans quelques secondes."
    page = await page.form("Nouveau secret").send()
    assert page.status_code == 201
    assert secret not in page.main.text
    page = await (await sophie.opens(f"/my-shops/{shop.id}/webhooks")).follows("Caisse")
    page = await page.form("Couper").send()
    assert "Vous l’avez coupé." in page.main.text
    page = await page.form("Remettre en marche").send()
    page = await page.form("Retirer ce webhook").send()
    assert page.said == "Le webhook est retiré."
    assert "Caisse" not in page.main.text


async def test_associations_and_organisations_have_webhooks_of_their_own(town: Town) -> None:
    relais, city = await town.an_association(), await town.an_organisation()
    for person, house, event in (
        (relais, "/association", "collection.taken.v1"),
        (city.owner, "/organisation", "figures.released.v1"),
    ):
        owner = await Browser.of(person)
        page = await (await owner.opens(house)).follows("Webhooks")
        assert "reservation.made.v1" not in page.text
        made = await page.form("Ajouter").send(url="https://hooks.example.org/x", events=[event])
        assert made.status_code == 201
        assert event in made.main.text
    identifier = await town.value("select id from app.webhook_endpoints where association_id is not null")
    stranger = await Browser.of(city.owner)
    assert (await stranger.opens(f"/organisation/webhooks/{identifier}")).status_code == 404
    assert (await stranger.sends(f"/organisation/webhooks/{identifier}/remove")).status_code == 404
    assert (await stranger.opens("/association/webhooks")).status_code == 403
