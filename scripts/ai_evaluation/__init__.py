"""`scripts/eval_ai`: photos with expected answers, read by the configured model, accuracy per field."""
