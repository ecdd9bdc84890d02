"""The environment made from a base tree, and the folders that commands are shown beside it."""
