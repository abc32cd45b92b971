"""Fixtures: one Postgres and one served app for the whole run, and a town for each test."""

import fcntl
import gc
import os
import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx2
import pytest

from tests.town import Town
from tests.town.databases import Databases
from tests.town.serving import Served

pytest_plugins = ["tests.system_packages", "tests.recall_feed"]

# What `./scripts/test --quick` runs: these folders whole, and one journey for each feature, that is for each folder of
# backend/ with an api.py. tests/pure/test_quick.py checks that no feature is missing and that each test exists.
QUICK_FOLDERS = ("pure", "policies")
QUICK_JOURNEYS = {
    "api_clients": "test_api_clients.py::test_a_client_gets_a_token_by_basic_or_by_form",
    "accounts": "test_identity.py::test_a_visitor_registers_confirms_their_address_and_signs_in",
    "administration": "test_administration.py::test_an_association_enrols_only_after_an_admin_verified_it",
    "associations": "test_agreements.py::test_an_agreement_is_proposed_confirmed_read_and_ended",
    "beneficiaries": "test_beneficiaries.py::test_a_beneficiary_reserves_free_lots_only_while_verified",
    "calendars": "test_calendars.py::test_a_calendar_program_reads_the_tours",
    "cards": "test_cards.py::test_a_printed_sheet_has_ten_cards_that_a_camera_reads",
    "chat_hooks": "test_chat_hooks.py::test_an_owner_adds_a_chat_and_its_address_is_never_shown",
    "collection_points": "test_collection_points.py::test_shops_and_public_associations_are_points_by_themselves",
    "collections": "test_collections.py::test_a_shop_asks_and_its_association_accepts",
    "custody": "test_receptions.py::test_30_asked_22_taken_15_accepted_7_refused",
    "diets": "test_diets.py::test_a_diet_is_kept_with_a_consent_of_its_own",
    "documents": "test_papers_of_shops.py::test_a_month_becomes_a_statement_and_an_invoice",
    "drafts": "test_drafts.py::test_a_photo_becomes_a_draft_and_then_a_lot_on_sale",
    "email_changes": "test_email_changes.py::test_a_confirmed_address_replaces_the_old_one",
    "favourites": "test_favourites.py::test_favourites_say_which_shops_have_lots_on_offer",
    "figures": "test_figures.py::test_a_shop_reads_what_became_of_its_portions",
    "funds": "test_funds.py::test_a_fund_is_proposed_by_an_owner_and_confirmed_by_an_admin",
    "handed_passes": "test_handed_pass.py::test_a_friend_collects_with_the_same_pass_as_the_holder",
    "help": "test_terms.py::test_terms_and_help_have_pages",
    "impact": "test_settings.py::test_a_new_impact_factor_applies_to_later_handovers_only",
    "kiosks": "test_kiosk.py::test_a_card_opens_a_short_session_for_reserving",
    "ledger": "test_ledger.py::test_a_handed_over_portion_is_earned_once_its_lot_is_closed",
    "lots": "test_lots.py::test_a_lot_shows_everything_that_a_customer_needs_to_know",
    "members": "test_members.py::test_an_assistant_with_a_customer_account_works_at_the_counter",
    "needs": "test_needs.py::test_the_nearest_of_equals_comes_first_and_reasons_are_said",
    "organisations": "test_organisations.py::test_an_admin_makes_one_and_its_first_owner_joins_by_mail",
    "partners": "test_enrolment_by_software.py::test_people_are_enrolled_renewed_corrected_and_ended",
    "payments": "test_conversion.py::test_a_hold_can_be_paid_after_its_lot_became_free",
    "payouts": "test_payouts.py::test_a_shop_is_paid_in_one_transfer_for_all_closed_lots",
    "photos": "test_photos.py::test_a_photo_is_visible_exactly_to_those_who_see_its_lot",
    "pickups": "test_repeated_pickups.py::test_a_pickup_repeated_with_its_key_gets_the_same_answer",
    "problem_reports": "test_problem_reports.py::test_a_report_of_a_paid_portion_gets_half_of_the_price_back",
    "privacy": "test_erasure.py::test_erasing_a_customer_keeps_stock_money_and_figures_right",
    "places": "test_places.py::test_an_answer_has_what_a_search_needs",
    "recalls": "test_recall.py::test_a_recall_freezes_its_lots_and_refunds_and_informs_holders",
    "recurring": "test_recurring.py::test_a_listing_publishes_one_lot_every_weekday_at_its_time",
    "reservations": "test_fair_draw.py::test_those_who_received_least_are_drawn_first_verifiably",
    "second_factors": "test_second_factors.py::test_a_code_of_the_authenticator_follows_the_password",
    "shops": "test_shops.py::test_a_shop_is_invisible_until_an_admin_verifies_it",
    "stations": "test_stations.py::test_a_paired_device_hands_over_and_its_shop_sees_where",
    "subscriptions": "test_premium.py::test_a_merchant_subscribes_and_the_month_is_in_the_ledger",
    "suspended_lots": "test_suspended_lots.py::test_a_gift_is_collected_and_its_unclaimed_rest_is_refunded",
    "terms": "test_terms.py::test_a_new_version_is_asked_at_sign_in_and_needed_after_thirty_days",
    "neighbours": "test_neighbours.py::test_an_association_is_suggested_shops_near_it_with_reasons",
    "notices": "test_notices.py::test_a_confirmed_reservation_is_told_in_the_app_and_by_mail",
    "territories": "test_territories.py::test_a_territory_says_what_it_lies_in_and_what_its_parts_are",
    "tours": "test_from_shop_to_association.py::test_an_evening_from_the_shop_to_the_association",
    "webhooks": "test_webhooks.py::test_a_shop_is_told_of_its_reservations_and_verifies_the_signature",
    "waiting": "test_waiting.py::test_returned_portions_are_kept_for_those_who_wait",
}

MEMORY_BYTES = 2 * 1024**3
PREFIX = "ecopanier-tests-"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--quick` and `--at-length`."""
    parser.addoption("--quick", action="store_true", help="run tests/pure, tests/policies and one journey a feature")
    parser.addoption("--at-length", action="store_true", help="run only the tests that try a sample otherwise, whole")


def pytest_configure() -> None:
    """Collect no garbage while tests are imported: nearly everything that is made then stays."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Collect garbage again, but do not look through what was imported each time."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Let only one of several processes import a test file at a time: the others then find it compiled."""
    if not isinstance(collector, pytest.Module) or "PYTEST_XDIST_WORKER" not in os.environ:
        return (yield)
    with collector.path.open() as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        return (yield)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip the files that have no quick test, so that they need not be imported."""
    if not config.getoption("--quick") or collection_path.suffix != ".py":
        return None
    files = {test.partition("::")[0] for test in QUICK_JOURNEYS.values()}
    quick = collection_path.parent.name in QUICK_FOLDERS or collection_path.name in files
    return None if quick else True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--quick`, keep only the chosen journey of each file of journeys; with `--at-length`, what has a sample."""
    if config.getoption("--at-length"):
        _keep(config, items, lambda item: "at_length" in getattr(item, "fixturenames", ()))
    if not config.getoption("--quick"):
        return
    journeys = set(QUICK_JOURNEYS.values())

    def is_quick(item: pytest.Item) -> bool:
        test = f"{item.path.name}::{item.name.partition('[')[0]}"
        return item.path.parent.name in QUICK_FOLDERS or test in journeys

    _keep(config, items, is_quick)


def _keep(config: pytest.Config, items: list[pytest.Item], is_kept: Callable[[pytest.Item], bool]) -> None:
    config.hook.pytest_deselected(items=[item for item in items if not is_kept(item)])
    items[:] = filter(is_kept, items)


@pytest.fixture(scope="session")
def at_length(request: pytest.FixtureRequest) -> bool:
    """Return whether a test must try everything, as for `./scripts/prove tests`, or a sample that takes seconds."""
    return bool(request.config.getoption("--at-length"))


def _remove_folders_of_killed_runs(memory: Path) -> None:
    """Remove the folders of killed runs from memory: nobody holds the lock of their servers any more."""
    for lock in memory.glob(f"{PREFIX}*/postgres.lock"):
        with suppress(OSError), lock.open("a") as held:  # OSError: a living run holds it, or it belongs to another user
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """Make the folder of the servers' data. It is not pytest's own folder, because a socket's path must be short.

    It is in memory where there is room: a town has 300 files, which a disk's file system is slow to make and remove.
    """
    memory = Path("/dev/shm")  # noqa: S108 - only as a parent of a folder with a name of its own
    in_memory = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_BYTES
    if in_memory:
        _remove_folders_of_killed_runs(memory)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=memory if in_memory else None) as folder:
        Path(folder).chmod(0o755)  # when root starts it, Postgres runs as another user, who must be able to enter
        yield Path(folder)


@pytest.fixture(scope="session")
def databases(servers_folder: Path) -> Iterator[Databases]:
    """Start the server that holds all databases of this run; it stops with the run, even when the run is killed."""
    with Databases.served(servers_folder / "postgres") as served:
        yield served


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """Serve the product over HTTP; a town connects it to its own database when it sends its first request."""
    product = Served()
    yield product
    product.stop()


@pytest.fixture(scope="session")
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """Open an HTTP client for this machine: without a proxy, certificates to load and cookies, which people keep."""
    # Idle connections expire long before the server closes them, so that no request meets a closing connection.
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=20, keepalive_expiry=2)
    verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nobody = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    async with httpx2.AsyncClient(trust_env=False, timeout=60, limits=limits, verify=verify, cookies=nobody) as opened:
        yield opened


@pytest.fixture
async def town(databases: Databases, served: Served, client: httpx2.AsyncClient, tmp_path: Path) -> AsyncIterator[Town]:
    """Make a town for one test."""
    with databases.copy() as copy:
        async with Town.opened(copy, served, client, tmp_path) as made:
            yield made


@pytest.fixture(scope="module")
async def lasting_town(
    databases: Databases, served: Served, client: httpx2.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """Make a town that the tests of a module share: they only read, or do not disturb each other."""
    with databases.copy() as copy:
        async with Town.opened(copy, served, client, tmp_path_factory.mktemp("town")) as made:
            yield made
