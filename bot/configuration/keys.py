"""Every key of the configuration, once: its kind, default, meaning, and who may set it.

The reader, the reference page, the JSON Schemas and the names of the environment variables are all
computed from this table. Only keys that the program honours stand in `KEYS`: one that does nothing
would be a lie. Words of other programs that people may well write, and that nothing here obeys,
stand in `NOT_HONOURED`, so that using one is told and never passed over.
"""

from collections.abc import Mapping

from bot.configuration.forge_keys import FORGE_KEYS, PULL_REQUEST_KEYS, TRIGGER_KEYS
from bot.configuration.key import Key, Where
from bot.configuration.operator_keys import OPERATOR_KEYS
from bot.configuration.target_keys import TARGET_KEYS

__all__ = ["KEYS", "NOT_HONOURED", "Key"]

KEYS: tuple[Key, ...] = (
    *TARGET_KEYS,
    *PULL_REQUEST_KEYS,
    *TRIGGER_KEYS,
    *FORGE_KEYS,
    *OPERATOR_KEYS,
)

NOT_HONOURED: Mapping[str, Where] = {
    "engine": "operator",
}
