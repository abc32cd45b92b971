"""Move the data keys from `vault` to `key_vault`, because Supabase has a schema `vault` of its own.

The commands that back up the database change with it: one that still leaves out `vault` would put the data keys into
the ordinary backup. So in production the migration waits until the operator has confirmed the new commands.
"""

from alembic import op

revision = "2026_11_29_1100"
down_revision = "2026_11_29_1040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        do $$
        declare
            moved text;
        begin
            if not exists (select from pg_class c where c.relnamespace = to_regnamespace('vault')
                           and c.relname = 'data_keys' and c.relowner = 'ecopanier_owner'::regrole) then
                return;  -- a new database: 1200 made the tables in key_vault
            end if;
            if coalesce(current_setting('ecopanier.confirmed', true), '') not in ('key_vault', 'everything') then
                raise exception 'the schema vault becomes key_vault: first change the backups to
  pg_dump --exclude-schema=key_vault …   and   pg_dump --schema=key_vault …
(one that still excludes vault would contain the data keys), then confirm it with ECOPANIER_CONFIRMED=key_vault, or in a
printed script with: select set_config(''ecopanier.confirmed'', ''key_vault'', false)';
            end if;
            foreach moved in array array['data_keys', 'erased_accounts'] loop
                if to_regclass('vault.' || moved) is not null then
                    execute format('alter table vault.%I set schema key_vault', moved);
                end if;
            end loop;
            if not exists (select from pg_class c where c.relnamespace = to_regnamespace('vault'))
               and (select n.nspowner = 'ecopanier_owner'::regrole from pg_namespace n where n.nspname = 'vault') then
                drop schema vault;
            end if;
            raise warning 'The schema vault is now key_vault. Back up with
  pg_dump --exclude-schema=key_vault …   and   pg_dump --schema=key_vault …
A backup that still excludes vault contains the data keys.';
        end $$
    """)
