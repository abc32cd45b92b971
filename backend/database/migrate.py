"""`ecopanier migrate`: migrate a database to this version, in one transaction.

It drops everything that depends on tables (policies, triggers, views, functions), runs the Alembic migrations, creates
what it dropped again from policies/, recounts impact if a restored dump needs it, makes the cards of lots that are
missing or outdated, and runs policies/lints.sql on the result. It works with a superuser's login and with Supabase's
`postgres`, which is not a superuser.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from psycopg.errors import Diagnostic
from sqlalchemy.exc import DBAPIError

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "policies"
# Alembic's comment above the statements of each revision. It names the revision before; the first one has none.
RUNNING_UPGRADE = re.compile(r"^(-- Running upgrade (\S*) -> .+\n)", re.MULTILINE)

# Functions that a default, a generated column or an index uses belong to the migrations and cannot be dropped here.
DROP_WHAT_STANDS_ON_TABLES = """
do $$
declare
    what record;
begin
    -- A migration may have to move data, so the owner must see its own tables until the policies are back.
    for what in
        select c.oid::regclass::text as name from pg_class c
        where c.relowner = 'ecopanier_owner'::regrole and c.relkind in ('r', 'p')
    loop
        execute format('alter table %s no force row level security', what.name);
    end loop;
    for what in
        select p.polname, c.oid::regclass as name from pg_policy p join pg_class c on c.oid = p.polrelid
        where c.relowner = 'ecopanier_owner'::regrole
    loop
        execute format('drop policy %I on %s', what.polname, what.name);
    end loop;
    for what in
        select t.tgname, c.oid::regclass as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relowner = 'ecopanier_owner'::regrole and c.relnamespace <> 'jobs'::regnamespace
          and not t.tgisinternal
    loop
        execute format('drop trigger %I on %s', what.tgname, what.name);
    end loop;
    for what in
        select c.oid::regclass as name from pg_class c
        where c.relnamespace::regnamespace::text in ('app', 'accounting') and c.relkind = 'v'
    loop
        execute format('drop view %s cascade', what.name);
    end loop;
    for what in
        select p.oid::regprocedure::text as signature from pg_proc p
        where p.pronamespace = 'app'::regnamespace
          and not exists (select from pg_depend d where d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid
                          and d.deptype in ('n', 'a') and d.classid in ('pg_attrdef'::regclass,
                              'pg_constraint'::regclass, 'pg_class'::regclass))
          and not exists (select from pg_description d where d.classoid = 'pg_proc'::regclass and d.objoid = p.oid
                          and d.description = 'ground')
    loop
        execute 'drop function ' || what.signature;
    end loop;
end $$;
"""


class MigrationRefused(Exception):
    """Raised when the database cannot be migrated. Nothing was changed; the message says why."""


def alembic_config() -> Config:
    """Return Alembic's configuration; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def statements_before() -> Iterator[str]:
    """Yield the statements to run before the migrations: first as the migrating login, then as the owner."""
    yield "set local lock_timeout = '10s'"
    yield "set local check_function_bodies = off"
    yield (POLICIES / "roles.sql").read_text()
    yield (POLICIES / "schemas.sql").read_text()  # its last statement sets the role to ecopanier_owner
    yield "comment on schema app is null"  # scripts/run notes there that the database is up to date
    yield DROP_WHAT_STANDS_ON_TABLES


def statements_after() -> Iterator[str]:
    """Yield the statements to run after the migrations, as the owner.

    Functions come first, because policies and triggers use them.
    """
    for folder in ("functions", "tables", "views"):
        for file in sorted((POLICIES / folder).rglob("*.sql")):
            yield file.read_text()
    yield "select app.recount_impact()"
    yield "select app.make_cards()"


def script() -> str:
    """Return the whole migration as one SQL transaction, lints included, to run on a Supabase project by hand.

    It can be run again: a database of an earlier version is upgraded, a current one stays as it is.
    """
    parts = [f"{text.strip().rstrip(';')};" for text in statements_before()]
    parts += missing_revisions()
    parts += [*(f"{text.strip().rstrip(';')};" for text in statements_after()), refuse_problems()]
    return "begin;\n\n" + "\n\n".join(parts) + "\n\ncommit;\n"


def missing_revisions() -> Iterator[str]:
    """Yield one statement per revision, which runs it if the database stands at the revision before."""
    printed = io.StringIO()
    config = alembic_config()
    config.output_buffer = printed
    command.upgrade(config, "base:head", sql=True)  # once: each call imports all revisions
    start, *migrations = RUNNING_UPGRADE.split(printed.getvalue())
    for title, before, statements in zip(*[iter(migrations)] * 3, strict=True):
        # Alembic writes its own BEGIN and COMMIT, but the whole script must be one transaction.
        text = title + statements if before else start + title + statements
        body = "\n".join(line for line in text.splitlines() if line not in ("BEGIN;", "COMMIT;"))
        missing = (
            "to_regclass('app.alembic_version') is null"
            if not before
            else f"(select version_num = '{before}' from app.alembic_version)"  # noqa: S608  our own revisions
        )
        yield (
            f"do $revision$ begin\n    if {missing} then execute $migration$\n{body.strip()}\n"
            "$migration$; end if;\nend $revision$;"
        )


def refuse_problems() -> str:
    """Return the lints as one statement, which fails with the problems that they find."""
    lints = (POLICIES / "lints.sql").read_text()
    return f"""do $lints$
declare
    problems text;
begin
    select string_agg(l.problem, '; ') into problems from (
{lints}    ) l;
    if problems is not null then raise exception '%', problems; end if;
end $lints$;"""  # noqa: S608  the text comes from our own file


def run(connection: sa.Connection, statements: str) -> None:
    """Run SQL unchanged: without parameters, psycopg does not look for placeholders such as `%s`."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)  # noqa: S101  `migrate` makes the engine with psycopg
    raw.execute(statements.encode())


def migrate(owner_url: str, *, confirmed: str | None = None) -> list[str]:
    """Migrate the database at `owner_url` (a login that may create roles), in one transaction.

    confirmed: what the operator has confirmed, for a migration that waits for it (`ECOPANIER_CONFIRMED`). Returns
    Postgres' warnings, which tell the operator what to do. Raises MigrationRefused if Postgres refuses a statement or a
    lint finds a problem.
    """
    warnings: list[str] = []
    engine = sa.create_engine(sa.make_url(owner_url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    try:
        with engine.begin() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)  # noqa: S101  made with psycopg above
            raw.add_notice_handler(lambda said: _keep_warning(said, warnings))
            raw.execute("select set_config('ecopanier.confirmed', %s, true)", [confirmed or ""])
            # Concurrent migrations run one after the other.
            run(connection, "select pg_advisory_xact_lock(hashtext('ecopanier migrate'))")
            for statement in statements_before():
                run(connection, statement)
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            for statement in statements_after():
                run(connection, statement)
            problems = (
                connection.exec_driver_sql((POLICIES / "lints.sql").read_text().replace("%", "%%")).scalars().all()
            )
            if problems:
                raise MigrationRefused("; ".join(problems))
    except DBAPIError as refusal:
        raise MigrationRefused(str(refusal.orig)) from refusal
    except psycopg.Error as refusal:  # from `run`, which bypasses SQLAlchemy
        raise MigrationRefused(str(refusal)) from refusal
    finally:
        engine.dispose()
    return warnings


def _keep_warning(said: Diagnostic, warnings: list[str]) -> None:
    if said.severity_nonlocalized == "WARNING" and said.message_primary:
        warnings.append(said.message_primary)
