-- Return the price of a month of Premium before VAT (`net`), its VAT (20 %, half up) and both together, in cents.
-- Called by own_subscription and begin_subscription.
-- Definer, because nobody may read settings; only the owner may execute it.
create or replace function app.premium_price(out net int, out vat int, out gross int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    net := app.setting_int('premium_cents');
    vat := (net + 2) / 5;
    gross := net + vat;
end $$;
