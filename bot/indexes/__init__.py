"""The package indexes this machine is configured with, and the one way to them out of a set-up."""
