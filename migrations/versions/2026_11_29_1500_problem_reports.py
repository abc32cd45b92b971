"""Add problem reports, so that a holder can say what was wrong with a pickup and get an answer, or their money back."""

from alembic import op

revision = "2026_11_29_1500"
down_revision = "2026_11_29_1541"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.problem_reports (
            id uuid constraint problem_reports_pkey primary key default app.uuid7(),
            -- One report for each reservation.
            reservation_id uuid not null constraint problem_reports_reservation_id_key unique
                constraint problem_reports_reservation_id_fkey references app.reservations,
            account_id uuid not null constraint problem_reports_account_id_fkey references app.accounts,
            -- As the merchant listed it: for a given portion the discounted lot, not the free one beside it.
            lot_id uuid not null constraint problem_reports_lot_id_fkey references app.lots,
            shop_id uuid not null constraint problem_reports_shop_id_fkey references app.shops,
            kind text not null constraint problem_reports_kind_check
                check (kind in ('missing', 'quality', 'allergen', 'closed', 'other')),
            -- Empty once its holder is erased.
            words text not null constraint problem_reports_words_check check (char_length(words) <= 2000),
            photo_id uuid constraint problem_reports_photo_id_fkey references app.photos,
            reported_at timestamptz not null,
            -- From then on admins decide.
            answer_by timestamptz not null,
            -- The shop's answer. `share` is the part of the price in percent.
            outcome text constraint problem_reports_outcome_check check (outcome in ('sorry', 'in_kind', 'give_back')),
            share int constraint problem_reports_share_check check (share between 1 and 100),
            answer text constraint problem_reports_answer_check check (char_length(answer) <= 2000),
            answered_at timestamptz,
            -- An admin's decision.
            decision text constraint problem_reports_decision_check check (decision in ('sorry', 'give_back')),
            decided_share int constraint problem_reports_decided_share_check check (decided_share between 1 and 100),
            decision_text text
                constraint problem_reports_decision_text_check check (char_length(decision_text) <= 2000),
            decided_at timestamptz,
            -- When the money was given back, and how much: nothing if nobody had paid, or it was given back before.
            given_back_at timestamptz,
            given_back_cents int constraint problem_reports_given_back_cents_check check (given_back_cents >= 0),
            -- When admins were told that it waits for them, and whether its holder is still to be told something.
            admins_told_at timestamptz,
            to_tell boolean not null default false,
            constraint problem_reports_answered_check check (
                num_nulls(outcome, answer, answered_at) in (0, 3)
                and (share is null) = (outcome is distinct from 'give_back')),
            constraint problem_reports_decided_check check (
                num_nulls(decision, decision_text, decided_at) in (0, 3)
                and (decided_share is null) = (decision is distinct from 'give_back')),
            constraint problem_reports_given_back_check check (
                (given_back_at is null) = (given_back_cents is null)
                and (given_back_at is null or decision = 'give_back' or outcome = 'give_back' and decision is null))
        );
        create index problem_reports_account_id_idx on app.problem_reports (account_id, id);
        create index problem_reports_shop_id_idx on app.problem_reports (shop_id, id);
        create index problem_reports_lot_id_idx on app.problem_reports (lot_id);
        create index problem_reports_photo_id_idx on app.problem_reports (photo_id) where photo_id is not null;
        create index problem_reports_reported_at_idx on app.problem_reports (reported_at);
        create index problem_reports_to_tell_idx on app.problem_reports (id) where to_tell;
        -- What still waits for somebody, or for the end of its lot.
        create index problem_reports_open_idx on app.problem_reports (id)
            where given_back_at is null
              and (decision = 'give_back' or decision is null and (outcome is null or outcome = 'give_back'));

        -- How many of the collected portions were given back, and what they come to.
        alter table app.suspended_portions
            add column given_back int not null default 0
                constraint suspended_portions_given_back_check check (given_back between 0 and coalesce(collected, 0)),
            add column given_back_cents int not null default 0
                constraint suspended_portions_given_back_cents_check check (given_back_cents >= 0);

        -- Since when reports of a closed door pause the shop's lots, and when its owner last resumed them.
        alter table app.shops add column paused_at timestamptz, add column resumed_at timestamptz;

        alter table app.settings drop constraint settings_kind_check;
        alter table app.settings
            add constraint settings_kind_check check (kind in ('count', 'minutes', 'hours', 'grams'));
        insert into app.settings (name, value, kind, minimum, maximum) values
            ('report_hours', 48, 'hours', 1, 336),
            ('report_answer_hours', 72, 'hours', 1, 336);

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('problem_reports', '1 year', 'signalement',
             'Ce qui n''allait pas lors d''un retrait, la photo et les réponses, pour voir aussi ce qui se répète.');
    """)
