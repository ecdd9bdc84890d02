"""The forge of a user's own machine."""
