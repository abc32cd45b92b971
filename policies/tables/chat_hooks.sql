-- Chat hooks: owners see those of their associations, and admins the platform's. Nobody sees the sealed address.
alter table app.chat_hooks enable row level security;
alter table app.chat_hooks force row level security;

create policy "Acts read and write every row" on app.chat_hooks for all to ecopanier_owner using (true) with check (true);

grant select (id, association_id, name, kind, events, language, host, ends_with, created_at, posted_at, failures,
              failing_since, problem, off_at) on app.chat_hooks to authenticated;

create policy "Owners see chat hooks of their associations" on app.chat_hooks for select to authenticated
    using (association_id = any (array(select app.associations_of((select app.caller()), 'owner'))));

create policy "Admins see the platform's chat hooks" on app.chat_hooks for select to authenticated
    using (association_id is null and (select app.caller_role()) = 'admin');
-- Written by add_chat_hook, remove_chat_hook, chat_posted, rewrap_keys and forget_person.
