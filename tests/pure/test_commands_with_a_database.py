"""Which commands of `scripts/ecopanier` find this checkout's database."""

import pytest
import typer

from backend import cli
from scripts.command import NEED_NO_DATABASE, needs_database

COMMANDS = {*typer.main.get_group(cli.app).commands, "seed", "mails"}
"""The first words of all commands; scripts/command.py adds the last two."""


def test_every_command_but_three_finds_the_database() -> None:
    found = {command for command in COMMANDS if needs_database([command])}
    assert {"serve", "as", "seed", "figures", "territories", "keys", "trace", "places", "dac7"} <= found
    assert COMMANDS - found == NEED_NO_DATABASE


@pytest.mark.parametrize(
    ("words", "needs"),
    [
        ("figures rebuild --since 2026-12-01", True),
        ("migrate --sql", False),
        ("figures rebuild --help", False),
        ("as anon -- select '--help'", True),
        ("as anon -- --help", True),
        ("", False),
        ("settings", False),
    ],
)
def test_help_and_sql_need_no_database(words: str, needs: bool) -> None:
    assert needs_database(words.split()) is needs
