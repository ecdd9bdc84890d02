"""The vendor's own text editor, which its models are trained on, for our action of that shape.

It comes without a schema: the model knows it. Every other action keeps its name.
"""

from collections.abc import Mapping

_ACTION = "editor"
_TYPE, _NAME = "text_editor_20250728", "str_replace_based_edit_tool"


def vendors_own(action: str) -> Mapping[str, str] | None:
    """Return the vendor's tool that stands for an action, or None where it has none."""
    return {"type": _TYPE, "name": _NAME} if action == _ACTION else None


def tool_name(action: str) -> str:
    """Return the name under which the vendor's models know an action."""
    return _NAME if action == _ACTION else action


def action_name(tool: str) -> str:
    """Return the action that a call of ``tool`` is for."""
    return _ACTION if tool == _NAME else tool
