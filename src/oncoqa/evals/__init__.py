"""How good the answers are: hand-written cases, metrics, comparison, report."""
