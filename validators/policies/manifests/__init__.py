"""One reader per manifest format: what it requires, from where, and what it runs at install."""
