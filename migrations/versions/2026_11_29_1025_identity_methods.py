"""Say of each person's keyed hash which method made it, so that a better method can replace them one by one.

The worker computes the hashes anew, because names are sealed and a migration is no place to open them.
"""

from alembic import op

revision = "2026_11_29_1025"
down_revision = "2026_11_29_1020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.beneficiary_persons
            add column identity_method int not null default 1
                constraint beneficiary_persons_identity_method_check check (identity_method >= 1),
            -- 0, but for people whom a change of method made alike: they are numbered, and all of them stay.
            add column identity_rank int not null default 0
                constraint beneficiary_persons_identity_rank_check check (identity_rank >= 0),
            drop constraint beneficiary_persons_identity_key,
            add constraint beneficiary_persons_identity_key unique (identity, identity_rank);
        alter table app.beneficiary_persons alter column identity_method drop default;
        create index beneficiary_persons_identity_method_idx
            on app.beneficiary_persons (identity_method, beneficiary_id);

        do $$
        declare
            before text := current_setting('search_path');
        begin
            if exists (select from app.beneficiary_persons) then
                -- The queue's triggers name its tables without their schema.
                set local search_path = jobs, pg_catalog;
                perform procrastinate_defer_jobs_v1(array[
                    row('default', 'beneficiaries.renew_identities', 0, null, null, '{}', null)
                    ::procrastinate_job_to_defer_v1]);
                perform set_config('search_path', before, true);
            end if;
        end $$;
    """)
