-- Return what follows from an incident on the way, by its reason and by what was to be done at the stop (`take` or `leave`):
-- `unschedule`: the collection leaves the tour, is accepted again and can be planned anew; `fail`: it ends;
-- `hold`: it stays on board until the operator says where it goes; `freeze`: what it is about may not be received;
-- `note`: nothing else. Those concerned are told in each case. docs/incidents.md shows the same table.
-- Called by fold_steps.
create or replace function app.what_follows(reason text, task text) returns text
language sql immutable parallel safe as $$
    select f.follows from (values
        ('closed', 'take', 'unschedule'),    ('closed', 'leave', 'hold'),
        ('nobody', 'take', 'unschedule'),    ('nobody', 'leave', 'hold'),
        ('missing', 'take', 'fail'),         ('missing', 'leave', 'note'),
        ('refused', 'take', 'fail'),         ('refused', 'leave', 'hold'),
        ('no_room', 'take', 'unschedule'),   ('no_room', 'leave', 'hold'),
        ('accident', 'take', 'unschedule'),  ('accident', 'leave', 'hold'),
        ('cold_chain', 'take', 'freeze'),    ('cold_chain', 'leave', 'freeze'),
        ('other', 'take', 'note'),           ('other', 'leave', 'note')
    ) f (reason, task, follows) where f.reason = what_follows.reason and f.task = what_follows.task
$$;
