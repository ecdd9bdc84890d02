"""What is known of a repository's code, served to other programs by the Model Context Protocol."""
