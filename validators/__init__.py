"""Decides, without a model, whether a patch may be shown to a person."""
