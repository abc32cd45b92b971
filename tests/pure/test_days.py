"""Whose day it is: which acts count days in Paris (docs/decisions/days-and-time-zones.md)."""

from pathlib import Path

FUNCTIONS = Path(__file__).parents[2] / "policies" / "functions"
PLATFORM = ("accounts", "administration", "documents", "funds", "impact", "page_sessions", "privacy", "territories")
"""Folders of acts about the platform's own days: sign-ins, browsers, factors, retention, books, funds, figures."""
WITHOUT_A_ZONE = {
    "ground/paris_day.sql",
    "ground/local_day.sql",  # without a zone
    "beneficiaries/last_day_of_rights.sql",  # five years, where a day does not matter
    "beneficiaries/quota_day.sql",  # without an association
    "beneficiaries/remind_of_rights.sql",  # without an association; and for an index
    "figures/admin_figures.sql",  # figures of the whole platform
    "figures/close_platform_days.sql",
    "figures/operations_by_day.sql",
    "figures/count_accounts.sql",  # what operations_by_day adds up
    "figures/count_shops.sql",
    "ledger/carry_ledger.sql",  # years of the platform's books
    "ledger/keep_check.sql",  # admins are told once a day
    "lots/estimate_lot.sql",  # the day of the platform's factors
    "notices/zone_of_person.sql",  # without a place and an association
    "tours/zone_of_operator.sql",  # tours that admins plan
    "api_clients/tell_of_api_clients.sql",  # the day on which a program ends, in a notice
    "associations/association_activity.sql",  # months before the association named its commune
    "calendars/tours_in_calendar.sql",  # which tours a calendar shows; each has the hours of its place
    "custody/crates_by_month.sql",  # months of the table for everybody
    "custody/issue_donation.sql",  # years of the receipts that an association numbers
    "custody/receive_collection.sql",  # the day of the law's temperatures
    "custody/accepted_food.sql",  # the day of the platform's factors
    "neighbours/shop_invitations_by_month.sql",  # months of the platform's figures
    "custody/slip_of.sql",  # the day by which a paper is kept
}


def counting_in_paris(functions: Path) -> set[str]:
    """Return the acts that name Paris, outside of comments and of the platform's folders."""
    found = set()
    for file in functions.rglob("*.sql"):
        code = "".join(line.partition("--")[0] for line in file.read_text().splitlines())
        if "Paris" in code or "paris_day" in code:
            found.add(str(file.relative_to(functions)))
    return {name for name in found if not name.startswith(PLATFORM)}


def test_days_of_shops_and_associations_are_not_counted_in_paris() -> None:
    assert counting_in_paris(FUNCTIONS) == WITHOUT_A_ZONE


def test_control_an_act_that_counts_in_paris_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "lots"
    folder.mkdir()
    (folder / "a.sql").write_text("-- In Paris.\nselect app.paris_day(app.clock())")
    (folder / "b.sql").write_text("-- Not app.paris_day\nselect 1")
    assert counting_in_paris(tmp_path) == {"lots/a.sql"}
