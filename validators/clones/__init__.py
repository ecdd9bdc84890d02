"""The user's repository read, borrowed from and compared, and nothing of it run."""
