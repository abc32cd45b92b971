"""Deliveries to addresses that a mail server refuses for good: who sees that, and who is told instead."""

from uuid import UUID

import pytest

from tests.faults.test_mail_relay import Relay
from tests.journeys.test_recall_mails import gives_own_address
from tests.town import Beneficiary, Town
from tests.visitors import Visitor


async def test_a_recall_that_came_back_marks_the_own_address_alone(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    relais, odile, lot = (
        await town.an_association(),
        await town.an_admin(),
        await town.a_free_lot(gtin="03017620422003"),
    )
    enrolled = await relais.enrols(email="mistyped@example.org")
    await relais.verifies(enrolled["id"])
    amina = Beneficiary(town, UUID(enrolled["id"]), "Amina", None)
    await gives_own_address(town, amina, "amina@example.org")
    await amina.reserves(lot)
    await odile.posts("/admin/recalls", {"gtin": "3017620422003", "reason": "Listeria"})
    async with Relay(town, monkeypatch) as relay:
        relay.refuses["mistyped@example.org"] = b"550 no such person"
        await relay.is_tried(7, beside_others=True)

        states = [one["state"] for one in (await amina.gets("/notices"))["data"][0]["deliveries"]]
        assert sorted(states) == ["failed", "sent"]
        # What is wrong is the address that the association wrote down, not the one that she signs in with.
        assert (await amina.gets("/me/notice-preferences"))["address_refused_at"] is None
        failed = (await odile.gets("/admin/notice-deliveries", state="failed"))["data"]
        assert [(one["account_id"], one["smtp_code"]) for one in failed] == [(str(amina.id), 550)]


async def test_a_registration_that_came_back_is_seen_by_admins_alone(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    odile = await town.an_admin()
    async with Relay(town, monkeypatch) as relay:
        relay.refuses["mistyped@example.org"] = b"550 no such person"
        await Visitor(town).registers("mistyped@example.org")
        await relay.is_tried(7, beside_others=True)

        (failed,) = (await odile.gets("/admin/notice-deliveries", state="failed"))["data"]
    assert (failed["account_id"], failed["smtp_code"], failed["ended_at"] is not None) == (None, 550, True)
    assert "mistyped" not in str(failed)
    assert await town.value("select count(*) from app.refused_addresses") == 0
