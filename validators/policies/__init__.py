"""What one kind of trouble in a change looks like; `validators/policy.py` is the door."""
