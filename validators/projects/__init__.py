"""What a repository says of itself in its own files."""
