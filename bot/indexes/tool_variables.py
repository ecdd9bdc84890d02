"""What the tools of a set-up are told of indexes: variables that hold addresses, and no login."""

from bot.indexes.address import folder_at, index_at
from bot.indexes.npm_registries import NpmRegistries
from bot.indexes.python_indexes import PythonIndexes, address_of
from bot.indexes.tool_defaults import ToolDefaults


def said_to_pip(pip: PythonIndexes) -> dict[str, str]:
    """Return the variables of pip; where nobody chose an index, it is told none."""
    said = {
        "PIP_INDEX_URL": "" if pip.is_default or pip.none else _clean(pip.default),
        "PIP_EXTRA_INDEX_URL": "" if pip.none else " ".join(_cleaned(pip.extra)),
        "PIP_FIND_LINKS": " ".join(_cleaned(pip.links)),
        "PIP_NO_INDEX": "1" if pip.none else "",
        "PIP_TRUSTED_HOST": " ".join(pip.trusted),
    }
    return {name: value for name, value in said.items() if value}


def said_to_uv(uv: PythonIndexes) -> dict[str, str]:
    """Return the variables of uv; where nobody chose an index, it is told none."""
    said = {
        "UV_DEFAULT_INDEX": "" if uv.is_default else _clean(uv.default),
        "UV_INDEX": "" if uv.none else " ".join(_cleaned(uv.extra)),
        "UV_FIND_LINKS": ",".join(_cleaned(uv.links)),
    }
    if uv.none:  # for that uv has no variable, and takes an index that is not there for empty
        said["UV_DEFAULT_INDEX"] = "file:///nonexistent"
    return {name: value for name, value in said.items() if value}


def said_to_npm(npm: NpmRegistries, asked: ToolDefaults) -> dict[str, str]:
    """Return the variables of npm and of yarn, which a set-up may fetch where it is not installed.

    Then nobody knows whom it would ask by itself, and it is told to ask whom npm asks.
    """
    said = {f"npm_config_{scope}:registry": _clean(address) for scope, address in npm.scoped}
    if not npm.is_default:
        said["npm_config_registry"] = _clean(npm.registry)
    registry = npm.registry or ("" if asked.yarn else asked.npm)
    said["YARN_REGISTRY"] = said["YARN_NPM_REGISTRY_SERVER"] = _clean(registry).rstrip("/")
    return {name: value for name, value in said.items() if value}


def _cleaned(indexes: tuple[str, ...]) -> list[str]:
    return [clean for clean in map(_clean, indexes) if clean]


def _clean(index: str) -> str:
    """Return ``name=address`` or an address without a login, as its tool is to be told."""
    address = address_of(index)
    name = index.removesuffix(address)
    if folder_at(address) is not None:
        return index
    try:
        return name + index_at(address).url
    except ValueError:  # it is warned of; who knows where in it a password stands
        return ""
