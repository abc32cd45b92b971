"""Add chat hooks: addresses at Slack and Teams that new requests and incidents of collections are posted to."""

from alembic import op

revision = "2026_11_29_2050"
down_revision = "2026_11_29_2150"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.chat_hooks (
            id uuid not null default app.uuid7() constraint chat_hooks_pkey primary key,
            -- Null: the platform's.
            association_id uuid constraint chat_hooks_association_id_fkey references app.associations on delete cascade,
            name text not null constraint chat_hooks_name_check check (length(name) between 1 and 100),
            kind text not null constraint chat_hooks_kind_check check (kind in ('slack', 'teams')),
            events text[] not null constraint chat_hooks_events_check
                check (cardinality(events) between 1 and 2 and events <@ '{asked,incident}'),
            language text not null constraint chat_hooks_language_check check (language in ('fr', 'en')),
            -- The address is a secret: whoever has it may post. These two are shown, and the rest is sealed.
            host text not null constraint chat_hooks_host_check check (length(host) between 1 and 253),
            ends_with text not null constraint chat_hooks_ends_with_check check (length(ends_with) <= 4),
            -- The seal is bound to key_id. Its key stands here and not in the vault, which has one key a person.
            key_id uuid not null constraint chat_hooks_key_id_key unique,
            sealed bytea not null,
            wrapped bytea not null,
            master_key text not null,
            created_at timestamptz not null default now(),
            posted_at timestamptz,
            -- Failures in a row, and since when; the last one's kind. Switched off: nothing but tests is posted.
            failures int not null default 0 constraint chat_hooks_failures_check check (failures >= 0),
            failing_since timestamptz,
            problem text constraint chat_hooks_problem_check check
                (problem in ('address', 'unreachable', 'timeout', 'redirect', 'too_large', 'status', 'gone')),
            off_at timestamptz,
            constraint chat_hooks_failing_check check ((failures = 0) = (failing_since is null)
                and (failures = 0) = (problem is null) and (off_at is null or failures > 0))
        );
        create index chat_hooks_association_id_idx on app.chat_hooks (association_id, id);
        create index chat_hooks_master_key_idx on app.chat_hooks (master_key, key_id);

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('chat_hooks', null, 'jusqu''au retrait, ou durée de l''association',
             'Adresse, scellée, d''un salon de discussion où les collectes s''annoncent.');
    """)
