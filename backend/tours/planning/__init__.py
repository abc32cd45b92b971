"""Planning of tours: which vehicle collects what, in which order. Pure: it knows no database and no HTTP.

`problem` says what is to be planned, `schedule` when a vehicle would be where, `checker` whether a plan keeps every
rule. `greedy` makes a plan in seconds of any kind of machine; `solver` improves it with PyVRP where that is installed.
`planner` brings them together, with the solver in a process of its own.
"""
