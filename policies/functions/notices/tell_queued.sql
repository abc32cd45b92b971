-- Tell people what a job says that an earlier release queued, when jobs wrote notices and mails. `job` is its id.
-- Called by the worker for the tasks of those names. Definer, because it reads everybody's rows; only the worker may
-- execute it.
create or replace function app.tell_queued(task text, arguments jsonb, job bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    case task
        when 'reservations.tell_holder' then
            perform app.tell_holder((arguments ->> 'reservation_id')::uuid, 'lot_withdrawn');
        when 'reservations.tell_refunded' then
            perform app.tell_holder((arguments ->> 'reservation_id')::uuid, 'reservation_refunded');
        when 'reservations.tell_shop' then
            perform app.tell_portions_back((arguments ->> 'lot_id')::uuid, (arguments ->> 'portions')::int,
                                           arguments ->> 'message_key');
        when 'waiting.tell_offered' then
            perform app.tell_offered((arguments ->> 'waiting_id')::uuid);
        when 'suspended_lots.tell_donor' then
            perform app.tell_donor((arguments ->> 'suspended_lot_id')::uuid, arguments ->> 'news');
        when 'administration.tell_decision', 'administration.tell_taken_down' then
            perform app.tell_decision((arguments ->> 'decision_id')::uuid);
        when 'beneficiaries.tell_transfer' then
            perform app.tell_transfer(t, arguments ->> 'stage')
            from app.transfers t where t.id = (arguments ->> 'transfer_id')::uuid;
        when 'beneficiaries.remind_association' then
            perform app.notify(app.who_answers((arguments ->> 'association_id')::uuid), 'rights_end', arguments - 'association_id',
                               md5(arguments::text));
        when 'beneficiaries.remind_beneficiary' then
            perform app.tell_right_ends((arguments ->> 'beneficiary_id')::uuid);
        when 'accounts.send_mail' then
            if arguments ->> 'mail' = 'verify_email' then
                perform app.ask_confirmation((arguments ->> 'account_id')::uuid);
            elsif arguments ->> 'account_id' is not null and arguments ->> 'mail' = 'reset_password' then
                perform app.queue_mail('reset_password', (arguments ->> 'account_id')::uuid);
            elsif arguments ->> 'account_id' is not null then
                perform app.notify((arguments ->> 'account_id')::uuid, arguments ->> 'mail', '{}', job::text);
            end if;
        when 'accounts.mail_registration' then
            perform app.queue_mail('registration', (arguments ->> 'registration_id')::uuid);
        when 'members.mail_invitation' then
            perform app.queue_mail('invitation', (arguments ->> 'member_id')::uuid);
        when 'payments.tell_refund_failed' then
            perform app.tell_refund_failed((arguments ->> 'correction_id')::bigint, (arguments ->> 'account_id')::uuid);
        when 'recalls.tell_holder' then
            perform app.tell_of_recall((arguments ->> 'recall_id')::uuid, (arguments ->> 'reservation_id')::uuid);
        when 'recalls.tell_supporter' then
            perform app.tell_supporter((arguments ->> 'recall_id')::uuid, (arguments ->> 'lot_id')::uuid,
                                       (arguments ->> 'supporter_id')::uuid, (arguments ->> 'reservation_id')::uuid);
    end case;
end $$;
grant execute on function app.tell_queued(text, jsonb, bigint) to ecopanier_worker;
