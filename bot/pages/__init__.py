"""Bundle, journal and evidence turned into Markdown and text that a person reads."""
