"""Snippets of a model run in a sandboxed process: what its interpreters have in common."""
