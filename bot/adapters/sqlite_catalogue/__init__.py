"""An index over a journal for pages that list, search and count: made from it, and made again."""
