"""The Journal port over one SQLite file; `journal` is the adapter, `database` the file."""
