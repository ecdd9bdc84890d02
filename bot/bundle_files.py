"""Bundles as files of the state folder: whole, or not there."""

import os
from pathlib import Path

from bot.scratch import private
from workflows.proposal import MAX_BUNDLE_BYTES, Bundle, BundleRefusal, unseal
from workflows.pull_request import PullRequest


def write_bundle(state: Path, name: str, document: bytes) -> str:
    """Have a whole bundle on the disk under its name, or nothing of it; return its path."""
    folder = private(state / "bundles")
    draft = folder / f"{name}.{os.getpid()}.unfinished"
    try:
        with draft.open("wb") as file:
            file.write(document)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / name)
        # A finished proposal takes the place of what its run had left unfinished.
        (folder / name).with_suffix(".partial.json").unlink(missing_ok=True)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise BundleRefusal(
            f"{folder / name} cannot be written: {error.strerror}; mend that, then go on with"
            " `changewright resume`"
        ) from error
    return str(folder / name)


def found_bundle(state: Path, name: str) -> str:
    """Return the path of a bundle of this state folder, or "" when it is not there."""
    # Its last part alone: the name may come from the journal of a stranger.
    path = state / "bundles" / Path(name).name
    return str(path) if name and path.is_file() else ""


def read_bundle(path: Path) -> tuple[Bundle, str]:
    """Return the bundle in a file and its hash; BundleRefusal names the file."""
    try:
        with path.open("rb") as file:
            return unseal(file.read(MAX_BUNDLE_BYTES + 1))
    except OSError as error:
        raise BundleRefusal(f"{path}: cannot read the bundle: {error.strerror}") from error
    except BundleRefusal as refusal:
        raise BundleRefusal(f"{path}: {refusal}") from refusal


def published_bundle(state: Path, pull_request: PullRequest) -> Bundle:
    """Return the bundle that a pull request was published from."""
    place = state / "bundles" / f"{pull_request.draft.run}.json"
    bundle, sha256 = read_bundle(place)
    if sha256 != pull_request.draft.bundle_sha256:
        raise BundleRefusal(f"{place} is not the bundle of pull request {pull_request.number}")
    return bundle
