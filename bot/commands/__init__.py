"""One file per command: its options, the workflow it starts, and what it prints."""
