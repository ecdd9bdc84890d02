"""The world: commands, wiring, adapters and pages."""
