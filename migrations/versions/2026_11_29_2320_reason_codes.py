"""Keep the program's reasons for ending collections as codes, so that everybody reads them in their own language."""

from alembic import op

revision = "2026_11_29_2320"
down_revision = "2026_11_29_2310"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.collections add reason_code text constraint collections_reason_code_check
            check (reason_code in (
            'shop_unverified', 'association_unverified', 'house_closed', 'house_suspended', 'series_changed',
            'nobody_came', 'recalled', 'closed', 'nobody', 'missing', 'refused', 'no_room', 'accident', 'cold_chain',
            'other')),
            drop constraint collections_reason_said_check,
            add constraint collections_reason_said_check
            check (status not in ('refused', 'failed') or reason is not null or reason_code is not null);

        -- What the program wrote until now: sentences in French, and the bare kinds of incidents and changes.
        create temporary table reasons_written (said text primary key, code text not null) on commit drop;
        insert into reasons_written values
            ('Le commerce n''est plus vérifié.', 'shop_unverified'),
            ('L''association n''est plus vérifiée.', 'association_unverified'),
            ('Le commerce ou l''association a fermé.', 'house_closed'),
            ('Le commerce ou l''association est suspendu.', 'house_suspended'),
            ('La demande régulière a changé.', 'series_changed'),
            ('Personne n''est passé dans le créneau.', 'nobody_came'),
            ('Rappel de produit : ces aliments ne doivent pas être donnés.', 'recalled');
        update app.collections c set reason = null, reason_code = w.code from reasons_written w
        where c.status = 'cancelled' and c.reason = w.said;
        update app.collection_changes h set details = h.details - 'reason' || jsonb_build_object('reason_code', w.code)
        from reasons_written w
        where h.change = 'cancelled' and h.details ->> 'reason' = w.said;
        update app.collections c set reason = null, reason_code = c.reason
        where c.status = 'failed' and c.reason in (
            'closed', 'nobody', 'missing', 'refused', 'no_room', 'accident', 'cold_chain', 'other');
        update app.collection_changes h
        set details = h.details - 'reason' || jsonb_build_object('reason_code', h.details -> 'reason')
        where h.change in ('failed', 'unscheduled', 'reopened') and h.details ->> 'reason' in (
            'closed', 'nobody', 'missing', 'refused', 'no_room', 'accident', 'cold_chain', 'other', 'postponed',
            'cancelled', 'collector_gone');
    """)
