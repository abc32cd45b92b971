"""`scripts/prove`: check guarantees that must hold whatever crashes, on real processes that are killed.

A house is Postgres (fsync on), the API, the worker and the Stripe stand-in, each in its own process. A crowd of clients
reserves, pays and cancels while something is killed again and again. At the end an audit compares what clients were
told, what is in the database and what Stripe charged.
"""
