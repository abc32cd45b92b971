-- Return the caller's subscription to Premium, whether it entitles them now, and what a month costs.
-- Called by GET /v1/subscriptions/me, as a merchant. Who subscribed pays the price of then; others read that of today.
-- Definer, because nobody may read subscriptions: it lets the caller's own through.
create or replace function app.own_subscription(
    out status text, out entitled boolean, out subscribing boolean, out managed boolean, out net_cents int,
    out vat_cents int, out total_cents int, out period_ends_at timestamptz, out cancels_at timestamptz,
    out ended_at timestamptz, out unpaid_until timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    own app.subscriptions;
begin
    if app.caller_role() is distinct from 'merchant' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    select s.* into own from app.subscriptions s where s.account_id = app.caller();
    status := coalesce(own.status, 'none');
    entitled := app.entitled(app.caller(), 'figures');
    subscribing := own.checkout is not null;
    managed := own.subscription is not null;
    period_ends_at := own.period_ends_at;
    cancels_at := own.cancels_at;
    ended_at := own.ended_at;
    unpaid_until := own.past_due_since + interval '7 days';
    if own.subscription is not null and own.ended_at is null then
        total_cents := own.cents;
        net_cents := app.net_of(own.cents);
        vat_cents := total_cents - net_cents;
    else
        select p.net, p.vat, p.gross into net_cents, vat_cents, total_cents from app.premium_price() p;
    end if;
end $$;
grant execute on function app.own_subscription() to authenticated;
