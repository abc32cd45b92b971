"""How names and addresses are sealed, and how the keys are renewed."""
