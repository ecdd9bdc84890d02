"""What stands behind a migration program: its facade's parts, its run, its judges."""
