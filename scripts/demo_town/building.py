"""Fill an empty database with the demo town in one transaction."""

from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from backend.territories.releasing import decide
from scripts.demo_town.acts import Acts
from scripts.demo_town.money import Money
from scripts.demo_town.sign_ins import sign_ins
from scripts.demo_town.story import Story
from scripts.demo_town.stripe import PastStripe

# Remove what only the building of the story needed, and correct dates that columns take from the database's own clock.
AFTERWARDS = """
    -- Nobody will repeat these requests, and their consequences have already happened.
    delete from app.idempotency_keys;
    -- People were told as it happened: nobody gets a mail about a story that is over.
    select app.tell_reservations(1000000);
    update app.notice_deliveries d set state = 'sent', ended_at = d.queued_at;
    update app.notices n set read_at = n.at where n.at < app.clock() - interval '2 days';
    set local search_path = jobs, pg_catalog, pg_temp;  -- the queue's triggers name its tables without a schema
    delete from jobs.procrastinate_jobs j
    where j.task_name in ('payments.carry_forward', 'notices.deliver', 'tours.plan');

    update app.associations s set created_at = a.created_at from app.accounts a where a.id = s.id;
    update app.members m set created_at = m.joined_at where m.created_at > m.joined_at;
    update app.collectors c set created_at = a.created_at from app.accounts a where a.id = c.id;
    update app.credentials c set changed_at = a.created_at from app.accounts a where a.id = c.account_id;
    update app.payments p set created_at = r.created_at from app.reservations r where r.id = p.reservation_id;

    -- Shops agree to be suggested to associations. The story is too short for the nightly count, which asks for four
    -- such days in eight weeks.
    update app.shops s set shows_leftovers = true where s.status = 'verified';
    insert into app.shop_leftovers (shop_id, weekday, category, grams)
    select s.id, u.weekday, u.category, u.grams
    from app.shops s cross join lateral app.leftovers_of(s.id, s.time_zone, app.clock()) u
    where s.status = 'verified' and u.grams >= 500;
"""


class NotEmpty(Exception):
    """Raised when the database already has accounts. Nothing was changed."""


def build(owner_url: str, password_hash: str, stripe_state: Path | None = None) -> str:
    """Build the town as of now, and return its sign-ins as a text.

    owner_url: of a login that may migrate. password_hash: the hash of the one password that everybody has.
    stripe_state: the file of Stripe's stand-in, which knows the town's payments from then on; None: nobody knows them.
    Raises NotEmpty or psycopg.Error, and then changes nothing.
    """
    stripe = PastStripe()
    with psycopg.connect(owner_url) as connection:
        acts = Acts(connection)
        # Wait for a migration or another seed that is running.
        acts.run("select pg_advisory_xact_lock(hashtext('ecopanier migrate'))")
        acts.run("set local role ecopanier_owner")
        accounts = acts.value("select count(*) from app.accounts")
        if accounts:
            raise NotEmpty(f"There are already {accounts} accounts: a demo town is built only in an empty database.")
        now = acts.value("select app.clock()")
        story = Story(acts, Money(acts, stripe), now, password_hash)
        with acts.in_the_past():
            story.tell()
        acts.run(AFTERWARDS)
        acts.run("update app.impact_totals set since = (select min(recorded_at) from app.impact_entries)")
    _publish(owner_url)
    if stripe_state is not None:
        stripe.keep(stripe_state)
    stripe.close()
    return sign_ins(story.codes, story.client)


def _publish(owner_url: str) -> None:
    """Publish the figures of the days and months that are over, as the worker would have done each night.

    In transactions of its own, because what one wrote is added up only once it is over.
    """
    with psycopg.connect(owner_url, autocommit=True, row_factory=dict_row) as connection:
        connection.execute("set role ecopanier_owner")
        while (due := connection.execute("select * from app.release_due()").fetchone()) is not None:
            days = [due["first_day"], due["last_day"]]
            rows = connection.execute("select * from app.release_elements(%s, %s)", days).fetchall()
            before = connection.execute("select * from app.published_cells(%s, %s)", days).fetchall()
            decided = decide(due["kind"], due["first_day"], due["last_day"], rows, before)
            cells = decided.candidates
            connection.execute(
                "select app.publish_release(%s, %s, %s, %s::text[], %s::text[], %s::bool[], %s::bool[], %s::bool[])",
                [
                    due["kind"],
                    *days,
                    [cell.code for cell in cells],
                    [cell.category or "" for cell in cells],
                    [cell in decided.told for cell in cells],
                    [cell in decided.given_told for cell in cells],
                    [cell in decided.parts_told for cell in cells],
                ],
            )
