"""What speaks for and against each file, one cheap sign at a time."""
