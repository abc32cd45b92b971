-- Return the events that people are told of: who may get each one, whether it comes in the app and by mail unless they
-- choose otherwise, and whether it is `kept`: it cannot be turned off, because it is about money, safety or sign-in.
-- Called by notify, wants_notice, set_notice_preference, unsubscribe and GET /v1/me/notice-preferences. A new event is
-- one line here, its text in both languages in backend/mail/templates and its name in backend/notices/events.
-- A mail that `gathers` can wait: it says in one what happened within some minutes, and never comes in quiet hours.
-- What is for merchants also comes to others who own a shop, and what is for staff to whoever may answer for a shop. Mails
-- go to the address that its owner has confirmed; those of an event with `every_address` to all that we have, confirmed or
-- not, and to suspended accounts too: a recall.
-- Security invoker, because it reads no table.
create or replace function app.notice_events()
returns table (event text, roles text[], in_app boolean, by_mail boolean, kept boolean, every_address boolean, gathers boolean)
language sql immutable set search_path = pg_catalog, pg_temp as $$
    values
        ('reservation_confirmed', '{customer,beneficiary}'::text[], true, true, false, false, false),
        ('pickup_reminder', '{customer,beneficiary}', true, true, false, false, false),
        ('reservation_cancelled', '{customer,beneficiary}', true, true, false, false, false),
        ('lot_withdrawn', '{customer,beneficiary}', true, true, true, false, false),
        ('lot_recalled', '{customer,beneficiary}', true, true, true, true, false),
        ('reservation_refunded', '{customer}', true, true, true, false, false),
        ('portion_kept', '{customer,beneficiary}', true, true, false, false, false),
        ('favourite_offers', '{customer,beneficiary}', true, true, false, false, true),
        ('place_offers', '{customer,beneficiary}', true, true, false, false, true),
        ('pass_handed', '{customer,beneficiary}', true, false, false, false, false),
        ('suspended_lot_moved', '{customer}', true, true, false, false, false),
        ('suspended_lot_over', '{customer}', true, true, false, false, false),
        ('suspended_lot_refunded', '{customer}', true, true, true, false, false),
        ('address_to_confirm', '{customer,beneficiary,merchant,collector,association}', true, true, true, false, false),
        ('already_registered', '{customer,beneficiary,merchant,collector,association,admin}', true, true, true, false, false),
        ('reset_password', '{customer,beneficiary,merchant,collector,association,admin}', true, true, true, false, false),
        ('email_change_asked', '{customer,beneficiary,merchant,collector,association,admin}', true, true, true, false, false),
        ('email_changed', '{customer,beneficiary,merchant,collector,association,admin}', true, true, true, false, false),
        ('address_wanted', '{customer,beneficiary,merchant,collector,association,admin}', true, true, true, false, false),
        ('invitation', '{customer,beneficiary,merchant,collector,association}', true, true, true, false, false),
        ('new_owner', '{customer,beneficiary,merchant,collector,association}', true, true, true, false, false),
        ('right_ends', '{beneficiary}', true, true, false, false, false),
        ('transfer_of_yours', '{beneficiary}', true, true, true, false, false),
        ('new_access', '{beneficiary}', true, true, true, false, false),
        ('new_card', '{beneficiary}', true, true, true, false, false),
        ('suspended_lot_given_back', '{customer}', true, true, true, false, false),
        ('problem_report_answered', '{customer,beneficiary}', true, true, true, false, false),
        ('problem_reported', '{merchant,staff}', true, true, false, false, false),
        ('allergen_reported', '{merchant,staff}', true, true, true, false, false),
        ('shop_paused', '{merchant}', true, true, true, false, false),
        ('payout_account_changed', '{merchant}', true, true, true, false, false),
        ('payout_failed', '{merchant}', true, true, true, false, false),
        ('shop_decided', '{merchant}', true, true, true, false, false),
        ('first_reservation', '{merchant}', true, false, false, false, false),
        ('sold_out', '{merchant}', true, false, false, false, false),
        ('day_summary', '{merchant}', true, true, false, false, false),
        ('papers_ready', '{merchant}', true, true, false, false, false),
        ('portions_back', '{merchant}', true, true, true, false, false),
        ('premium_payment_failed', '{merchant}', true, true, true, false, false),
        ('premium_ended', '{merchant}', true, true, true, false, false),
        ('monthly_export', '{merchant}', true, true, false, false, false),
        ('agreement_proposed', '{merchant}', true, true, false, false, false),
        ('lot_taken_down', '{merchant}', true, true, true, false, false),
        ('recall_for_shop', '{merchant}', true, true, true, true, false),
        ('recall_to_pass_on', '{association,admin}', true, true, true, true, false),
        ('association_decided', '{association}', true, true, true, false, false),
        ('import_ended', '{association,admin}', true, true, false, false, false),
        ('rights_end', '{association}', true, true, false, false, false),
        ('transfer', '{association,admin}', true, true, true, false, false),
        ('collector_decided', '{collector}', true, true, true, false, false),
        ('collection_asked', '{merchant,staff,association,collector,admin}', true, true, false, false, false),
        ('collection_accepted', '{merchant,staff,association,collector,admin}', true, true, false, false, false),
        ('collection_refused', '{merchant,staff,association,collector,admin}', true, true, false, false, false),
        ('collection_scheduled', '{merchant,staff,association,collector,admin}', true, true, false, false, false),
        ('collection_postponed', '{merchant,staff,association,collector,admin}', true, true, false, false, false),
        ('collection_cancelled', '{merchant,staff,association,collector,admin}', true, true, false, false, false),
        ('collection_taken', '{merchant,staff,association,collector,admin}', true, true, false, false, false),
        ('collection_delivered', '{merchant,staff,association,collector,admin}', true, true, false, false, false),
        ('collection_failed', '{merchant,staff,association,collector,admin}', true, true, false, false, false),
        ('collection_incident', '{merchant,staff,association,collector,admin}', true, true, false, false, false),
        ('to_decide', '{admin}', true, true, false, false, false),
        ('report_undecided', '{admin}', true, true, true, false, false),
        ('refund_failed', '{admin}', true, true, true, false, false),
        ('ledger_differs', '{admin}', true, true, true, false, false),
        ('second_factor_added', '{customer,merchant,beneficiary,collector,association,admin}', true, true, true, false, false),
        ('second_factor_removed', '{customer,merchant,beneficiary,collector,association,admin}', true, true, true, false, false),
        ('second_factor_reset', '{customer,merchant,beneficiary,collector,association,admin}', true, true, true, false, false),
        ('recovery_code_used', '{customer,merchant,beneficiary,collector,association,admin}', true, true, true, false, false),
        ('account_ends', '{customer,collector}', true, true, true, false, false)
$$;
grant execute on function app.notice_events() to authenticated;
