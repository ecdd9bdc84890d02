"""What a reply wants changed, in five formats, and how each edit finds its place."""
