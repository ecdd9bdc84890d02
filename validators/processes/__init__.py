"""A stranger's processes started, watched, limited and ended; what sandboxes share."""
