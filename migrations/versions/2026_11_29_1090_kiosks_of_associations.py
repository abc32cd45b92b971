"""End kiosks and cards with which an admin or a former association could sign in as somebody."""

from alembic import op

revision = "2026_11_29_1090"
down_revision = "2026_11_29_1080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- The first sign-in with a new card is told to its holder. Cards that exist already are none.
        alter table app.cards add column used boolean not null default false;
        update app.cards set used = true;

        -- A kiosk takes the cards of its association's own people, so one without an association takes none.
        update app.kiosks set revoked_at = now() where association_id is null and revoked_at is null;
        alter table app.kiosks add constraint kiosks_association_id_check
            check (association_id is not null or revoked_at is not null);

        -- A transfer ends the cards of the former association from now on. End those that it left.
        update app.cards c set status = 'revoked', revoked_at = now()
        from app.beneficiaries b
        where b.id = c.beneficiary_id and c.status = 'active'
          and (b.association_id is null
               or exists (select from app.transfers t
                          where t.beneficiary_id = b.id and t.status = 'accepted' and t.ended_at >= c.made_at));
        update app.sessions s set ended_at = now(), ended_because = 'card_revoked'
        from app.cards c, app.kiosks k
        where c.id = s.card_id and k.id = s.kiosk_id and s.ended_at is null
          and (c.status = 'revoked' or k.revoked_at is not null);
    """)
