-- Return the beginnings of keys that somebody may mean by a text: none if it has no word.
-- Called by shops_named and associations_named. « st » at the end may be the beginning of Strasbourg.
create or replace function app.name_beginnings(written text) returns text[]
language sql immutable parallel safe as $$
    select case when w.long = '{}' then '{}'
                when w.long[cardinality(w.long)] = w.last then array[left(array_to_string(w.long, ' '), 120)]
                else array[left(array_to_string(w.long, ' '), 120),
                           left(array_to_string(w.long[:cardinality(w.long) - 1] || w.last, ' '), 120)] end
    from (select app.name_words(written) as long, substring(app.plain_text(written) from '[^ ]*$') as last) w
$$;
