"""What stands behind `validators.verification`: where two judgements of one change differ."""
