"""The chain of custody of collected food: handovers, temperatures, receptions, papers, tables."""
