"""`scripts/eval_ai`: measure the accuracy of drafts, per field, on photos with expected values."""
