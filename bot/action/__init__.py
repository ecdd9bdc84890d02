"""The jobs of the GitHub Action: event -> admission, proposal, verification, publication, end."""
