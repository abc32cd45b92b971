"""Mails about what admins decide: merchants, associations and collectors hear of it, with the reason."""

from typing import Any

import pytest

from tests.town import Admin, Person, Town
from tests.visitors import Mail, mails

REASON = "Le SIRET est celui d'une autre entreprise."


async def decides(odile: Admin, path: str, decision: str, reason: str | None = None) -> None:
    body: dict[str, Any] = {"decision": decision, **({"reason": reason} if reason else {})}
    await odile.posts(f"/admin/{path}/verify", body)


async def last_mail(town: Town, person: Person) -> Mail:
    """Return the only mail that this person has got since the last look, and put it away."""
    (mail,) = await mails(town, person.email)
    for file in (town.folder / "mails").glob("*.eml"):
        file.unlink()
    return mail


async def test_a_merchant_is_mailed_a_rejection_with_reason_then_a_verification(town: Town) -> None:
    sophie, odile = await town.a_merchant(), await town.an_admin()
    shop = await sophie.registers_shop(name="Boulangerie du Port")

    await decides(odile, f"shops/{shop['id']}", "rejected", REASON)
    rejected = await last_mail(town, sophie)
    await decides(odile, f"shops/{shop['id']}", "verified")
    verified = await last_mail(town, sophie)

    assert rejected.subject == "Votre commerce n'a pas été validé"
    assert verified.subject == "Votre commerce est vérifié"
    for mail in (rejected, verified):
        assert f"    Boulangerie du Port\n    {shop['address']}\n" in mail.text.replace("\r\n", "\n")
        assert "None" not in mail.text
    assert f"Motif : {REASON}" in rejected.text
    assert "Motif" not in verified.text


async def test_the_mail_is_in_the_merchant_s_language(town: Town) -> None:
    sophie, odile = await town.a_merchant(), await town.an_admin()
    await town.changes("update app.accounts set locale = 'en' where id = $1", sophie.id)
    shop = await sophie.registers_shop()

    await decides(odile, f"shops/{shop['id']}", "rejected", REASON)

    mail = await last_mail(town, sophie)
    assert mail.subject == "Your shop was not accepted"
    assert f"Reason: {REASON}" in mail.text


@pytest.mark.parametrize(
    ("kind", "decision", "subject"),
    [
        ("association", "verified", "Votre association est vérifiée"),
        ("association", "rejected", "Votre association n'a pas été validée"),
        ("collector", "verified", "Votre inscription comme collecteur est vérifiée"),
        ("collector", "rejected", "Votre inscription comme collecteur n'a pas été validée"),
    ],
)
async def test_associations_and_collectors_hear_of_decisions_too(
    town: Town, kind: str, decision: str, subject: str
) -> None:
    odile = await town.an_admin()
    person: Person = await (
        town.an_association(status="pending") if kind == "association" else town.a_collector(status="pending")
    )

    await decides(odile, f"{kind}s/{person.id}", decision, REASON)

    mail = await last_mail(town, person)
    assert mail.subject == subject
    assert REASON in mail.text


async def test_only_the_latest_decision_is_mailed_after_an_outage(town: Town) -> None:
    sophie, odile = await town.a_merchant(), await town.an_admin()
    shop = await sophie.registers_shop()

    for decision in ("rejected", "verified", "rejected"):
        await decides(odile, f"shops/{shop['id']}", decision, f"{decision} {REASON}")

    assert f"rejected {REASON}" in (await last_mail(town, sophie)).text


async def test_a_refused_decision_mails_nobody(town: Town) -> None:
    sophie, odile = await town.a_merchant(), await town.an_admin()
    shop = await sophie.registers_shop()
    answer = await odile.asks("POST", f"/admin/shops/{shop['id']}/verify", {"decision": "perhaps"})

    assert answer.status_code == 422
    assert await mails(town, sophie.email) == []
