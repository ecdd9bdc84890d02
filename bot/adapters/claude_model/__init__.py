"""The Model port over Anthropic's Messages API; `model` is the adapter, the rest serves it."""
