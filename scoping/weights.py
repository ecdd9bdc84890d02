"""What each signal is worth: learnt from public issues and their fixes, kept as readable data.

The recipe that made the table is named in it, and runs again with other data.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Weights:
    """Worth by signal name, for files and for functions; a signal without one counts nothing.

    ``alone`` is what the signals of a function are worth where its file is not known yet.
    """

    files: Mapping[str, float]
    functions: Mapping[str, float]
    alone: Mapping[str, float]


@cache
def learnt_weights() -> Weights:
    """Return the table that came with this version."""
    return weights_of(Path(__file__).with_name("weights.toml").read_text("utf-8"))


def weights_of(text: str) -> Weights:
    """Return the table that a text in TOML holds."""
    table = tomllib.loads(text)
    files = {**table["files"], **table["set-by-hand"]["files"]}
    return Weights(files, table["functions"], table["functions-alone"])
