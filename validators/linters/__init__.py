"""What linters say, read from their own words; each family of formats has a module."""
