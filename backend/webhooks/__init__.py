"""Webhooks: programs of shops, associations and organisations are told what happens, by Standard Webhooks."""
