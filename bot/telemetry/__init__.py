"""Runs as OpenTelemetry spans: derived from the journal, kept beside it, and sent where asked."""
