"""Which repository a remote's address names, as git and people write it."""

import pytest

from bot.campaigns.homes import repository_at

SERVER = "https://github.com"


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/app",
        "https://github.com/acme/app.git",
        "https://user:secret@GitHub.com/acme/app.git/",
        "git@github.com:acme/app.git",
        "github.com:acme/app",
        "ssh://git@github.com:22/acme/app.git",
    ],
)
def test_every_form_of_an_address_names_the_same(url: str) -> None:
    assert repository_at(url, SERVER) == "acme/app"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "../elsewhere",
        "/srv/git/acme/app.git",
        "https://github.com.evil.test/acme/app",
        "https://evil.test/github.com/acme/app",
        "git@evil.test:acme/app.git",
        "https://github.com/acme",
        "https://github.com/acme/app/more",
        "https://[github.com/acme/app",
    ],
)
def test_any_other_address_names_none(url: str) -> None:
    assert repository_at(url, SERVER) == ""
