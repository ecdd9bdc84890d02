"""Areas of a large repository, each with what of it may be shown and what its signs are worth."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from scoping.globs import chosen
from scoping.refusal import Refusal
from scoping.weights import Weights


class ProfileRefusal(Refusal):
    """There is no profile of that name: which there are."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One area; patterns as in ``.gitignore``.

    It holds for a task that bears one of ``labels``, or names a path that ``paths`` means.
    ``include`` and ``exclude`` say what is shown then, within what may be shown at all; ``weights``
    are what signals of files are worth there.
    """

    name: str
    labels: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    weights: Mapping[str, float] | None = None

    def weighed(self, weights: Weights) -> Weights:
        """Return ``weights`` with this profile's own in their place."""
        return replace(weights, files={**weights.files, **(self.weights or {})})


def profile_for(
    profiles: Sequence[Profile], asked: str, labels: Iterable[str], mentioned: Iterable[str]
) -> Profile | None:
    """Return the profile asked for by name, else the first by label, else the first by path.

    A label was set by somebody who may; a path may be anybody's word. Their case does not count.
    ProfileRefusal when none is called what was asked for.
    """
    for profile in profiles:
        if asked == profile.name:
            return profile
    if asked:
        known = ", ".join(profile.name for profile in profiles)
        mend = f"choose one of: {known}" if known else "it names none"
        raise ProfileRefusal(f"there is no profile {asked!r} in scope.profiles; {mend}")
    borne = {label.casefold() for label in labels}
    for profile in profiles:
        if not borne.isdisjoint(label.casefold() for label in profile.labels):
            return profile
    paths = list(mentioned)
    for profile in profiles:
        is_its = chosen(profile.paths, ())
        if profile.paths and any(is_its(path) for path in paths):
            return profile
    return None
