"""`scripts/bench`: measure whether EcoPanier reaches its speed targets, as ratios of figures from the same run."""
