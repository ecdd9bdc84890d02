"""The story from a task to a person's decision, without the name of any vendor."""
