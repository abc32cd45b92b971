"""Reminders 30 and 7 days before a right ends: sent once, by day, to the association and to the beneficiary."""

import re
from datetime import date, datetime
from email import message_from_bytes, policy

from backend.sealing.seals import SEALED_ADDRESS, address_look_up, keyring
from tests.town import Beneficiary, Town

NAMES = ("Amina", "Zoé", "Benali")


def mails(town: Town, template: str) -> list[tuple[str, str, str]]:
    """Return the recipient, subject and text of each mail, in the order in which they were sent."""
    read = []
    for file in sorted((town.folder / "mails").glob(f"*-{template}.eml")):
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        text = message.get_body(("plain",))
        assert text is not None
        read.append((message["To"], message["Subject"], text.get_content()))
    return read


async def has_confirmed(town: Town, person: Beneficiary, address: str) -> None:
    row = (await town.rows("select wrapped, master_key from key_vault.data_keys where account_id = $1", person.id))[0]
    key = keyring().data_key(person.id, row["wrapped"], row["master_key"])
    await town.changes(
        "insert into app.sealed_addresses (account_id, sealed, lookup, verified_at) values ($1, $2, $3, now())",
        person.id,
        key.seal(SEALED_ADDRESS, address.encode()),
        address_look_up(keyring(), address),
    )


async def test_reminders_of_ending_rights_are_sent_in_time_and_once(town: Town) -> None:
    relais, rejected = await town.an_association(), await town.an_association("Close", status="rejected")
    await town.clock("2026-10-01T10:00:00+02:00")
    amina = await town.a_beneficiary(association=relais, until=date(2026, 11, 30))
    zoe = await town.a_beneficiary("Zoé", association=relais, until=date(2026, 12, 1))
    await town.a_beneficiary("Luc", association=relais, until=date(2027, 3, 1))
    await town.a_beneficiary("Ali", association=relais, status="suspended", until=date(2026, 11, 30))
    await town.a_beneficiary("Eve", association=rejected, until=date(2026, 11, 30))
    alone = await town.a_beneficiary("Max", until=date(2026, 11, 30))  # enrolled by an admin
    await town.changes("update app.beneficiaries set created_at = '2026-01-01'")
    await has_confirmed(town, amina, "amina@example.org")
    await has_confirmed(town, alone, "max@example.org")

    async def written() -> tuple[int, int]:
        await town.worker_runs()
        return len(mails(town, "rights_end")), len(mails(town, "right_ends"))

    await town.clock("2026-10-30T10:00:00+01:00")  # 31 days before the first
    assert await written() == (0, 0)
    await town.clock("2026-10-31T03:00:00+01:00")  # not at night
    assert await written() == (0, 0)
    await town.clock("2026-11-01T08:30:00+01:00")
    assert await written() == (1, 2)
    assert await written() == (1, 2)
    # The association's mail contains no names, and no link but our own; each beneficiary gets a mail of their own.
    [(to, subject, text)] = mails(town, "rights_end")
    assert (to, subject) == (relais.email, "2 droits prennent fin bientôt")
    assert "entre le lundi 30 novembre 2026 et le mardi 1er décembre 2026" in text
    assert not any(name in text for name in NAMES)
    links = [word for word in text.split() if "http" in word]
    assert [re.sub(r"^https?://[^/]+|(?<=unsubscribe/).+", "", link) for link in links] == [
        "/association",
        "/unsubscribe/",
    ]
    assert {to for to, _, _ in mails(town, "right_ends")} == {"amina@example.org", "max@example.org"}
    _, subject, text = mails(town, "right_ends")[0]
    assert subject == "Vos portions offertes, jusqu'au lundi 30 novembre 2026"
    assert "l'association qui vous accompagne" in text

    # Amina's right is renewed in between, so only the others are reminded again.
    await relais.posts(f"/beneficiaries/{amina.id}/renew", {"eligible_until": "2027-06-30"})
    await town.clock("2026-11-25T09:00:00+01:00")
    assert await written() == (2, 3)
    _, subject, text = mails(town, "rights_end")[1]
    assert subject == "Un droit prend fin bientôt"
    assert "mardi 1er décembre 2026" in text
    assert mails(town, "right_ends")[2][0] == "max@example.org"
    why = "select count(*) from app.audit_entries where action = 'address.opened' and detail ->> 'why' = 'right_ends'"
    assert await town.value(why) == 3
    kept = await town.rows("select beneficiary_id, days_before from app.right_reminders order by reminded_at, 1")
    assert sorted(row["days_before"] for row in kept) == [7, 7, 30, 30, 30]
    # A right of less than 30 days is announced a week before its end, not when it is given.
    await relais.enrols(until=datetime.fromisoformat("2026-12-15T00:00:00+01:00").date(), first_name="Neuve")
    await relais.verifies((await relais.gets("/beneficiaries", status="pending"))["data"][0]["id"])
    assert await written() == (2, 3)
    await town.clock("2026-12-08T09:00:00+01:00")
    assert await written() == (3, 3)
    assert zoe.id != amina.id
