"""GitHub behind the Forge and Tracker ports: PyGithub for its API, git for its branches."""
