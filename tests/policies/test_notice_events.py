"""The events that people are told of: the database's list, the words, the links and `docs/notices.md` agree."""

from pathlib import Path
from typing import Any

from backend.mail.links import LINKS
from backend.notices.titles import titles
from scripts.mail_samples import optional_events
from tests.town import Town

PAGE = Path(__file__).parents[2] / "docs" / "notices.md"
EVERYBODY = {"customer", "beneficiary", "merchant", "collector", "association"}


def _who(roles: list[str]) -> str:
    if not roles:
        return "strangers"
    if set(roles) >= EVERYBODY:
        return "everybody" if "admin" in roles else "everybody but admins"
    return ", ".join(roles)


def _row(row: Any) -> str:
    event: str = row["event"]
    cells = (
        f"`{event}`",
        titles("en")[event],
        _who(row["roles"]),
        "yes" if row["in_app"] else "if wanted",
        "every address" if row["every_address"] else "yes" if row["by_mail"] else "if wanted",
        "no" if row["kept"] else "yes",
        f"`{LINKS[event].path}`",
    )
    return f"| {' | '.join(cells)} |"


async def _table(town: Town) -> list[str]:
    rows = await town.rows("select * from app.notice_events() order by event")
    return [
        "| event | what | who | app | mail | can be turned off | link |",
        "|---|---|---|---|---|---|---|",
        *map(_row, rows),
    ]


async def test_the_page_about_notices_lists_every_event_as_it_is(lasting_town: Town) -> None:
    wanted = await _table(lasting_town)
    found = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]

    assert found == wanted, "docs/notices.md needs this table:\n" + "\n".join(wanted)


async def test_events_have_links_and_those_that_can_be_stopped_are_known(lasting_town: Town) -> None:
    rows = await lasting_town.rows("select event, kept from app.notice_events()")

    assert {row["event"] for row in rows} == set(LINKS)
    assert {row["event"] for row in rows if not row["kept"]} == optional_events()
