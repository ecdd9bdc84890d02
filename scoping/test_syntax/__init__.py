"""Tests as a syntax tree shows them: what they assert, and how strictly, in each language."""
