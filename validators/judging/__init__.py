"""One gate on two trees, and what the difference means."""
