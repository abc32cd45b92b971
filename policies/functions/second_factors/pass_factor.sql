-- Use up a code: of a time step, which the API has compared with the secret of `factor`, or a recovery code. Raise EP401
-- if it was used before, or if the factor is another by now.
-- The last step is compared and set in one statement, so that of two requests with the same code one passes.
-- Called by finish_sign_in and remove_second_factor; only the owner may execute it. A reset that an admin has begun ends
-- here: the factor is not lost.
-- Locks: the factor, then the recovery code.
create or replace function app.pass_factor(account uuid, factor uuid, step bigint, recovery bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if recovery is null then
        update app.second_factors f set last_step = step
        where f.account_id = account and f.id = factor and f.activated_at is not null and f.last_step < step;
    else
        perform from app.second_factors f
        where f.account_id = account and f.id = factor and f.activated_at is not null for update;
        update app.recovery_codes c set used_at = app.clock()
        where c.code_hash = recovery and c.account_id = account and c.used_at is null;
    end if;
    if not found then raise exception 'auth.wrong_second_factor' using errcode = 'EP401'; end if;
    if recovery is not null then
        perform app.note('second_factor.recovery_code_used', 'account', account);
        perform app.notify(account, 'recovery_code_used', jsonb_build_object('left', (
            select count(*) from app.recovery_codes c where c.account_id = account and c.used_at is null)));
    end if;
    update app.second_factors f set reset_at = null where f.account_id = account and f.reset_at is not null;
    if found then perform app.note('second_factor.reset_cancelled', 'account', account); end if;
end $$;
