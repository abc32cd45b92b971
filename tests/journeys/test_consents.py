"""Consents: what a person agreed to, in which version; the history of changes, and the mails that depend on them."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from tests.town import Town
from tests.visitors import Visitor

YES = {"version": "2026-01", "given": True}
NO = {"version": "2026-01", "given": False}


def mails_of(folder: Path, template: str) -> list[Path]:
    return sorted((folder / "mails").glob(f"*-{template}.eml"))


async def test_consents_are_given_and_withdrawn_and_their_history_is_kept(town: Town) -> None:
    nour = Visitor(town)
    account = await nour.joins("nour@example.org")
    amina = await town.a_beneficiary()

    token = await town.token_for(UUID(account["id"]))
    registered = (await nour.asks("GET", "/me/consents", token=token)).json()
    assert {k: v["status"] for k, v in registered.items()} == {
        "terms": "given",
        "notifications": "missing",
        "diet": "missing",
    }
    assert registered["terms"]["version"] == "2026-01"
    # An enrolment asks the person for no consent: they give it later.
    assert (await amina.gets("/me/consents"))["terms"]["status"] == "missing"

    for wanted, notifications in ((YES, "given"), (YES, "given"), (NO, "withdrawn"), (YES, "given")):
        answer = await amina.asks("PUT", "/me/consents", {"terms": YES, "notifications": wanted})
        assert answer.status_code == 200
        assert answer.json()["notifications"]["status"] == notifications
    standing = await amina.gets("/me/consents")
    assert (standing["terms"]["status"], standing["notifications"]["withdrawn_at"]) == ("given", None)
    history = await town.rows("select purpose, given from app.consents where account_id = $1 order by id", amina.id)
    assert [tuple(row) for row in history] == [
        ("terms", True), ("notifications", True), ("notifications", False), ("notifications", True)
    ]  # fmt: skip

    for refused, status, code in (
        ({"terms": NO}, 409, "consent.terms_needed"),
        ({"terms": {"version": "2025-01", "given": True}}, 422, "consent.version_unknown"),
        ({"terms": {"version": "v2", "given": True}}, 422, "request.invalid"),
        ({"news": YES}, 422, "request.invalid"),
    ):
        answer = await amina.asks("PUT", "/me/consents", refused)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(await town.rows("select from app.consents where account_id = $1", amina.id)) == 4
    # By SQL too, only the current version is accepted and past consents cannot be edited.
    async with town.sql_as(amina) as connection:
        with pytest.raises(asyncpg.PostgresError, match=r"consent\.version_unknown"):
            await connection.execute("select app.record_consent('notifications', '2031-01', true)")
    with pytest.raises(asyncpg.PostgresError, match=r"record\.append_only"):
        await town.changes("update app.consents set given = false")


async def test_withdrawing_consent_stops_all_but_necessary_mails(town: Town) -> None:
    """Without consent no mail about a waiting-list offer is sent, but one about a withdrawn reservation is."""
    lot = await town.a_lot(left=1)
    first, heeded, asked = [await town.a_customer(name) for name in ("Marc", "Hélène", "Ines")]
    held = await first.reserves(lot)
    await heeded.asks("PUT", "/me/consents", {"notifications": NO})
    for person in (heeded, asked):
        await person.posts(f"/lots/{lot.id}/waiting", {"quantity": 1})

    await first.cancels(held)  # offered to Hélène, who gets no mail
    await town.worker_runs()
    assert mails_of(town.folder, "portion_kept") == []
    await town.clock(await town.now() + timedelta(minutes=30))
    await town.worker_runs()  # her offer lapses and Ines gets a mail: the control
    assert len(mails_of(town.folder, "portion_kept")) == 1

    other = await town.a_lot()
    await heeded.reserves(other)
    await other.shop.merchant.withdraws(other)
    await town.worker_runs()
    assert len(mails_of(town.folder, "lot_withdrawn")) == 1
