"""Who had collected food, from the shop to the association: handovers, temperatures, receptions, papers, tables."""
