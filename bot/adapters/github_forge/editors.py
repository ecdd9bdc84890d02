"""Who edited a comment last, which GitHub's GraphQL API alone says."""

from typing import Any

from bot.adapters.github_forge.client import Client

_EDITORS = """query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      comments(last: 100) { nodes { databaseId editor { login __typename } } }
    }
  }
}"""


def last_editor(client: Client, number: int, comment: int) -> str:
    """Return the login of who edited a comment last; "" where nobody did, or GitHub is silent.

    Only the last hundred comments of a pull request are looked through.
    """
    owner, _, name = client.repository().full_name.partition("/")
    asked: dict[str, Any] = {"owner": owner, "name": name, "number": number}
    data = client.graphql(_EDITORS, asked)
    pull = (data.get("repository") or {}).get("pullRequest") or {}
    nodes = (pull.get("comments") or {}).get("nodes") or ()
    editor = next((one.get("editor") for one in nodes if one.get("databaseId") == comment), None)
    login = str((editor or {}).get("login") or "")
    is_bot = (editor or {}).get("__typename") == "Bot" and not login.endswith("[bot]")
    return f"{login}[bot]" if is_bot else login
