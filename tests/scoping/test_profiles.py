"""An area of a large repository is chosen by its name or by a path that the task names."""

from typing import Any

import pytest

from scoping.objects import open_objects
from scoping.profiles import Profile, ProfileRefusal, profile_for
from scoping.scope import Scope, ScopeOptions, ScopeRefusal, select

MAKE = Any
BILLING = Profile(
    "billing", labels=("Area: Money",), paths=("services/billing/",), include=("services/",)
)
SITE = Profile(
    "site", labels=("web",), paths=("web/",), exclude=("*.css",), weights={"is_docs": 9.0}
)
FILES = {
    "services/billing/total.py": "def total(): ...\n",
    "web/total.py": "def total(): ...\n",
    "web/total.css": ".total {}\n",
    "docs/total.md": "The total.\n",
}


def scoped(make_repository: MAKE, body: str, **options: Any) -> Scope:
    with open_objects(make_repository(FILES).git_dir) as reader:
        wanted = ScopeOptions(profiles=(BILLING, SITE), **options)
        return select(reader, "HEAD", "The total is wrong", body, wanted)


def paths(scope: Scope) -> set[str]:
    return {file.path for file in scope.files}


def test_a_path_that_the_task_names_chooses_its_profile(make_repository: MAKE) -> None:
    scope = scoped(make_repository, "see services/billing/total.py")

    assert paths(scope) == {"services/billing/total.py"}


def test_a_label_chooses_before_any_path_does(make_repository: MAKE) -> None:
    scope = scoped(make_repository, "see web/total.py", labels=("bug", "area: money"))

    assert paths(scope) == {"services/billing/total.py"}


def test_a_name_asked_for_wins_over_a_label(make_repository: MAKE) -> None:
    scope = scoped(make_repository, "", labels=("area: money",), profile="site")

    assert "docs/total.md" in paths(scope)


def test_a_task_that_names_no_area_is_about_all(make_repository: MAKE) -> None:
    assert paths(scoped(make_repository, "see nothing")) == set(FILES)


def test_a_profile_asked_for_by_name_wins_and_weighs_signs_anew(make_repository: MAKE) -> None:
    scope = scoped(make_repository, "see services/billing/total.py", profile="site")

    assert paths(scope) == set(FILES) - {"web/total.css"}
    assert scope.files[0].path == "docs/total.md"


def test_a_profile_shows_nothing_that_may_not_be_shown(make_repository: MAKE) -> None:
    with pytest.raises(ScopeRefusal, match="the profile 'billing'"):
        scoped(make_repository, "", profile="billing", include=("web/",))


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(ProfileRefusal, match=r"no profile 'shop' .* choose one of: billing, site"):
        profile_for((BILLING, SITE), "shop", (), ())
    with pytest.raises(ProfileRefusal, match="it names none"):
        profile_for((), "shop", (), ())
