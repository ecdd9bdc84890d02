"""The Journal port over one SQLite file: `journal` is the adapter, `database` the file.

Beside them its care: `migration`, `integrity`, `recovery`, `retention`; and `export_run` and
`import_run` carry one run to another machine.
"""
