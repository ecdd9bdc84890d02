"""The Sandbox port over a container engine: one container per session, one exec per command."""
