"""`scripts/prove`: what must hold whatever dies in between, shown on real processes that are killed.

A house is Postgres (fsync on), the API, the worker and the Stripe stand-in, each a process of its own. A crowd of
clients reserves, pays and cancels; something is killed again and again; in the end an audit compares what clients were
told, what the database holds and what Stripe took.
"""
