"""Facts about code, and the choice of what a model may read; spends no token, opens no socket."""
