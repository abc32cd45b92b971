"""The command line: `scripts/ecopanier --help`.

Each command imports what it needs when it runs, so that all of them start fast.
"""

import sys

import typer

from backend.cli import admins, checks, database, published_figures, recalls, reports, running
from backend.cli.common import needed
from backend.settings import SettingsRefused

__all__ = ["app", "main", "needed"]

# Pretty tracebacks show the values of variables, which may be secrets.
app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="EcoPanier's command line."
)

admin = typer.Typer(no_args_is_help=True, help="Manage the admins: the people who verify, moderate and suspend.")
app.add_typer(admin, name="admin")
ai = typer.Typer(no_args_is_help=True, help="Report on the drafts made from photos.")
app.add_typer(ai, name="ai")
keys = typer.Typer(no_args_is_help=True, help="Manage the keys that encrypt beneficiaries' names.")
app.add_typer(keys, name="keys")
ledger = typer.Typer(no_args_is_help=True, help="Check the books of the platform's money.")
app.add_typer(ledger, name="ledger")
trace = typer.Typer(no_args_is_help=True, help="Check who had collected food, from the shop to the association.")
app.add_typer(trace, name="trace")
places = typer.Typer(no_args_is_help=True, help="Manage the communes that searches can start from.")
app.add_typer(places, name="places")
figures = typer.Typer(no_args_is_help=True, help="Count figures anew, and correct published ones.")
app.add_typer(figures, name="figures")
territories = typer.Typer(no_args_is_help=True, help="Keep the map of territories.")
app.add_typer(territories, name="territories")

app.command()(running.serve)
app.command()(running.worker)
app.command()(database.migrate)
places.command("load")(database.load_communes)
admin.command("create")(admins.create_admin)
admin.command("reset-second-factor")(admins.reset_second_factor)
keys.command("rotate")(database.rotate_keys)
ai.command("report")(reports.report_on_drafts)
app.command("recall")(recalls.recall_food)
app.command("dac7")(reports.declare_sellers)
app.command("as")(database.as_person)
app.command(name="settings")(running.list_settings)
figures.command("rebuild")(published_figures.rebuild_figures)
figures.command("correct")(published_figures.correct_figures)
territories.command("change")(published_figures.change_map)
trace.command("check")(checks.check_trace)
ledger.command("check")(checks.check_ledger)
app.command()(running.openapi)


def main() -> None:
    """Run a command. Print what is wrong with the settings and exit with status 2 if they are refused."""
    try:
        app(prog_name="./scripts/ecopanier")
    except SettingsRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        raise SystemExit(2) from None
