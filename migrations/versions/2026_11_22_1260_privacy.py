"""Add the history of consents, erased accounts, the books that accounting law keeps, and retention periods."""

from alembic import op

revision = "2026_11_22_1260"
down_revision = "2026_11_22_1250"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- One row each time somebody gives or withdraws a consent; the latest row of a purpose counts.
        alter table app.consents
            add column id uuid not null default app.uuid7(),
            add column given boolean not null default true;
        alter table app.consents rename column name to purpose;
        alter table app.consents rename column given_at to at;
        alter table app.consents
            alter column given drop default,
            drop constraint consents_pkey,
            add constraint consents_pkey primary key (id),
            add constraint consents_purpose_check check (purpose in ('terms', 'notifications'));
        create index consents_account_id_idx on app.consents (account_id, purpose, id);

        -- An erased account stays as an anonymous row, because other people's rows refer to it.
        alter table app.accounts
            add column last_seen_on date not null default current_date,
            -- When somebody who had not been active for long was told that their account will be erased.
            add column warned_at timestamptz,
            add column erased_at timestamptz,
            drop constraint accounts_status_check,
            add constraint accounts_status_check check (status in ('active', 'suspended', 'erased')),
            add constraint accounts_erased_check check (
                (status = 'erased') = (erased_at is not null)
                and (status <> 'erased' or email is null and display_name = '-' and status_reason is null));
        update app.accounts a set last_seen_on = (greatest(
            a.created_at, (select max(s.created_at) from app.sessions s where s.account_id = a.id)))::date;
        create index accounts_erased_at_idx on app.accounts (erased_at) where erased_at is not null;
        create index accounts_last_seen_on_idx on app.accounts (last_seen_on)
            where role in ('customer', 'collector') and status <> 'erased';

        alter table app.shops
            drop constraint shops_status_check,
            add constraint shops_status_check
                check (status in ('pending', 'verified', 'rejected', 'suspended', 'closed'));
        alter table app.associations
            drop constraint associations_status_check,
            add constraint associations_status_check check (status in ('pending', 'verified', 'rejected', 'closed'));

        alter table app.beneficiaries
            alter column code drop not null,
            drop constraint beneficiaries_status_check,
            add constraint beneficiaries_status_check check (status in ('pending', 'verified', 'suspended', 'erased')),
            add constraint beneficiaries_erased_check check ((status = 'erased') = (code is null));
        -- Codes of erased people. Nobody else gets them, and nothing tells whose they were.
        create table app.spent_codes (
            code text constraint spent_codes_pkey primary key
        );

        -- Accounts that were erased, stored beside the keys and backed up with them: if an older backup of the rest is
        -- restored, these accounts are erased once more. No foreign key, because rows outlive the accounts.
        create table key_vault.erased_accounts (
            account_id uuid constraint erased_accounts_pkey primary key,
            erased_at timestamptz not null
        );
        create index erased_accounts_erased_at_idx on key_vault.erased_accounts (erased_at);

        -- What accounting law keeps of payments: these columns and no others, for a role of its own.
        create table accounting.payments (
            payment_id uuid constraint payments_pkey primary key,
            paid_at timestamptz not null,
            amount_cents int not null constraint payments_amount_cents_check check (amount_cents > 0),
            refunded_cents int not null constraint payments_refunded_cents_check
                check (refunded_cents between 0 and amount_cents),
            status text not null constraint payments_status_check check (status in ('succeeded', 'refunded')),
            stripe_payment_intent text not null,
            stripe_refund text,
            shop_siret text not null constraint payments_shop_siret_check check (shop_siret ~ '^[0-9]{14}$'),
            lot_category text not null,
            moved_at timestamptz not null
        );
        create index payments_paid_at_idx on accounting.payments (paid_at);
        -- The SIRET of erased shops, for payments that will be moved here later.
        create table accounting.erased_shops (
            shop_id uuid constraint erased_shops_pkey primary key,
            siret text not null constraint erased_shops_siret_check check (siret ~ '^[0-9]{14}$'),
            erased_at timestamptz not null
        );

        -- How long data is kept, counted from when, and why. Only migrations change it.
        create table app.retention_periods (
            what text constraint retention_periods_pkey primary key
                constraint retention_periods_what_check check (what ~ '^[a-z_]+$'),
            -- null means as long as what it belongs to.
            keeps interval constraint retention_periods_keeps_check check (keeps >= interval '0'),
            counted_from text not null,
            reason text not null
        );
        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('accounting_payments', '10 years', 'clôture de l''exercice',
             'Conservation des pièces comptables : article L. 123-22 du code de commerce.'),
            ('agreements', '5 years', 'fin de la convention',
             'Prescription de droit commun des contrats : article 2224 du code civil.'),
            ('audit_entries', '1 year', 'inscription au journal',
             'Sécurité et preuve des accès (RGPD, art. 32) ; recommandation de la CNIL sur la journalisation.'),
            ('beneficiaries', '1 year', 'fin du droit',
             'Un droit peut être renouvelé sans nouvelle inscription ; au-delà la personne est effacée.'),
            ('cards', null, 'durée du droit', 'Une carte perdue reste inscrite comme révoquée, sans son secret.'),
            ('consents', null, 'durée du compte',
             'Preuve du consentement tant que le compte existe (RGPD, art. 7, § 1).'),
            ('decisions', null, 'durée de la plateforme',
             'Suite des décisions d''administration ; leur motif disparaît avec la personne qu''elles concernent.'),
            ('draws', '3 years', 'tirage',
             'Preuve d''un tirage équitable ; il ne porte que des rangs, aucune personne.'),
            ('erased_accounts', '1 year', 'effacement',
             'Identifiant seul, pour effacer de nouveau après la restauration d''une sauvegarde plus ancienne.'),
            ('failed_jobs', '30 days', 'dernier essai',
             'Tâches en échec, à examiner par l''exploitant ; elles ne portent que des identifiants.'),
            ('free_portions', '1 year', 'jour du retrait', 'Contrôle de la limite quotidienne de portions offertes.'),
            ('idempotency_keys', '2 days', 'première requête',
             'Une requête répétée reçoit la même réponse ; 24 heures sont promises.'),
            ('impact_entries', null, 'durée de la plateforme',
             'Mesure d''impact, rattachée à personne une fois la réservation anonymisée.'),
            ('imports', '90 days', 'importation',
             'Suivi d''une importation ; le fichier lui-même n''est pas conservé.'),
            ('kiosk_sessions', '1 day', 'fin de la session',
             'Une borne dit où une personne se trouvait, et à quelle heure : rien ne sert de le savoir plus tard.'),
            ('listing_drafts', '1 year', 'brouillon', 'Mesure de la qualité des brouillons d''annonces.'),
            ('lots', null, 'durée de la plateforme',
             'Offres des commerces, sans donnée personnelle ; leurs textes disparaissent avec le compte du commerce.'),
            ('model_calls', '90 days', 'jour des appels', 'Limite des appels au modèle, par commerce et par jour.'),
            ('one_time_tokens', '0', 'fin de validité', 'Sans objet une fois expirés.'),
            ('passes', '90 days', 'fin de la réservation', 'Réclamations sur un retrait.'),
            ('photos_unused', '1 day', 'envoi', 'Photo qu''aucune annonce ne montre.'),
            ('refresh_tokens', '0', 'fin de validité', 'Sans objet une fois expirés.'),
            ('reservations', '3 years', 'réservation',
             'Réclamations et litiges ; ensuite la réservation n''est plus rattachée à personne.'),
            ('right_reminders', '1 year', 'fin du droit annoncée', 'Une même échéance n''est annoncée qu''une fois.'),
            ('sessions', '31 days', 'connexion', 'Durée d''une connexion qui n''est pas prolongée.'),
            ('setting_changes', null, 'durée de la plateforme', 'Historique des paramètres, sans donnée personnelle.'),
            ('silent_account_notice', '30 days', 'courriel d''avertissement',
             'Temps laissé pour se reconnecter avant l''effacement.'),
            ('silent_accounts', '3 years', 'dernière connexion',
             'Durée de conservation recommandée par la CNIL après le dernier contact.'),
            ('stripe_events', '90 days', 'réception', 'Un événement répété ne compte qu''une fois.'),
            ('throttles', '0', 'fin de la fenêtre', 'Protection contre les essais répétés.'),
            ('transfers', '3 years', 'fin du transfert', 'Preuve de l''accord des deux associations.'),
            ('waiting', '1 year', 'fin de l''attente', 'Réclamations sur l''ordre d''une liste d''attente.');
    """)
