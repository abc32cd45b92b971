-- Return whether two batches may be the same, however they were written.
-- Called by issue_recall and is_recalled.
-- Recalls write `L 2447-A`, labels `Lot n° 2447 A`, GS1 codes `2447A`: only letters and digits count, and no word for
-- "batch" or "number" in front of them. A match too many is better than one too few: a batch that nobody wrote down
-- (null) may be any.
create or replace function app.same_batch(one text, other text) returns boolean
language sql immutable parallel safe as $$
    select coalesce(
        regexp_replace(regexp_replace(upper(one), '[^A-Z0-9]', '', 'g'),
            '^(LOT|BATCH|L)?(NUMERO|NUM|NO|NR|N)?(LOT|L)?(?=.)', '')
        = regexp_replace(regexp_replace(upper(other), '[^A-Z0-9]', '', 'g'),
            '^(LOT|BATCH|L)?(NUMERO|NUM|NO|NR|N)?(LOT|L)?(?=.)', ''), true)
$$;
