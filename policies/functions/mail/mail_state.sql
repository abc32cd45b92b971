-- Return how many mails wait because the relay did not take them, and since when the relay fails (null: it does not).
-- Called by GET /metrics, as the API, and by mail_failed.
-- Definer, because nobody may read these rows; it returns no more than two figures.
create or replace function app.mail_state(out waiting int, out failing_since timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    -- What was not tried for a day is not tried any more: its job found that nobody needs the mail.
    waiting := (select count(*) from app.undelivered_mails u
                where u.given_up_at is null and u.last_at > clock_timestamp() - interval '1 day');
    failing_since := (select r.failing_since from app.mail_relay r);
end $$;
grant execute on function app.mail_state() to ecopanier_api;
