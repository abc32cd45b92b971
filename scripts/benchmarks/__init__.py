"""`scripts/bench`: the speed that EcoPanier must reach, measured side by side in one run and printed as ratios."""
