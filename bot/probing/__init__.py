"""How sandboxes are measured: a stranger's script, and what of the host it must not reach."""
