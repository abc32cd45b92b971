"""Territories: communes, EPCI, départements, régions and France, zones within communes, and their published figures."""
