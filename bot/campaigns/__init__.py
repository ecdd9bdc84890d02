"""Campaigns for a person: the file they are written in, what carries them out, how they stand."""
