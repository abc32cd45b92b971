"""Organisations: municipalities, agglomerations and NGOs, with members and a territory."""
