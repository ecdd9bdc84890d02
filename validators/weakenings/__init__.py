"""Ways in which a change makes tests, or what runs and judges them, weaker."""
