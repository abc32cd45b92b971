-- Post what happened, once, and return the posting: `cents` debit (+) or credit (-) the accounts in the same order, and
-- come to 0 in each book. The same kind and source again writes nothing and returns the posting that there is.
-- Called by the acts that commit what moves money, in their transaction. Lines of 0 cents are left out; if none remains,
-- nothing is posted, and null is returned. `at` is when it happened, as Stripe or the act says. Never an account of a person.
-- Definer, because nobody may write the ledger; only the owner may execute it.
-- Locks: the posting. Whoever writes several with sources of others takes them in the order of sources.
create or replace function app.post(
    kind text, source text, reservation uuid, at timestamptz, accounts bigint[], cents bigint[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    posting bigint;
begin
    if cardinality(accounts) <> cardinality(cents) then
        raise exception 'a posting needs as many amounts as accounts' using errcode = 'check_violation';
    end if;
    if not exists (select from unnest(accounts, cents) as x (account, cents) group by x.account having sum(x.cents) <> 0) then
        return null;
    end if;
    insert into accounting.postings (kind, source, reservation_id, event_at)
    values (post.kind, post.source, reservation, at)
    on conflict on constraint postings_kind_source_key do nothing returning id into posting;
    if posting is null then
        return (select p.id from accounting.postings p where p.kind = post.kind and p.source = post.source);
    end if;
    insert into accounting.lines (posting_id, account_id, cents)
    select posting, x.account, sum(x.cents) from unnest(accounts, cents) as x (account, cents)
    group by x.account having sum(x.cents) <> 0;
    return posting;
end $$;
