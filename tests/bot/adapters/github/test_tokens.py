"""An App's tokens: minted for one repository and few permissions, and anew when they end."""

import json
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.bot.adapters.github.conftest import Scene, app
from workflows.ports import ForgeRefusal

LATER, SOON = "2030-01-01T00:00:00Z", "2020-01-01T00:00:00Z"


@cache
def key() -> str:
    made = generate_private_key(public_exponent=65537, key_size=2048)
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem.decode()


@pytest.fixture(autouse=True)
def _installed(scene: Scene) -> None:
    scene.small.hub.app.update({"slug": "wright", "installation": 5, "expires_at": LATER})


def test_a_token_is_minted_for_one_repository_and_what_is_needed(scene: Scene) -> None:
    forge = scene.forge(credentials=app(key()))
    number = scene.small.hub.new_issue("Words", "ada")
    said = forge.say(number, "hello", "progress")
    assert (said.author, said.is_ours) == ("wright[bot]", True)
    scene.pushed(forge)
    (minted,) = [one.body for one in scene.small.seen if one.path.endswith("access_tokens")]
    assert minted["repositories"] == ["app"]
    assert set(minted["permissions"]) == {
        "checks", "contents", "issues", "metadata", "pull_requests",
    }  # fmt: skip


def test_a_token_that_ended_is_minted_anew_once(scene: Scene) -> None:
    forge = scene.forge(credentials=app(key(), installation_id=5))
    assert forge.branch_head("main")
    hub = scene.small.hub
    (first,) = hub.app["minted"]
    del hub.tokens[first]
    number = hub.new_issue("Words", "ada")
    forge.say(number, "hello", "progress")
    assert (len(hub.app["minted"]), len(hub.comments)) == (2, 1)
    scene.fault("GET", "/issues/1$", 401, body={"message": "Bad credentials"}, times=9)
    with pytest.raises(ForgeRefusal, match="does not take the token"):
        forge.issue(number)
    assert scene.small.count("GET", "/issues/1$") == 2


def test_a_push_takes_a_token_that_has_not_ended(scene: Scene) -> None:
    forge = scene.forge(credentials=app(key(), installation_id=5))
    assert forge.branch_head("main")
    hub, made = scene.small.hub, scene.commit()
    del scene.small.git.tokens[hub.app["minted"][0]]
    forge.push("changewright/issue-7", made, None)
    assert len(hub.app["minted"]) == 2
    hub.app["expires_at"] = SOON
    for _ in range(2):
        scene.forge(credentials=app(key(), installation_id=5)).branch_head("main")
    assert len(hub.app["minted"]) > 3


def test_a_key_or_an_installation_that_does_not_fit_is_named(scene: Scene) -> None:
    broken = "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0LWtleQ==\n-----END RSA PRIVATE KEY-----\n"
    with pytest.raises(ForgeRefusal, match="the private key of App 77 cannot be used") as told:
        scene.forge(credentials=app(broken)).issue(1)
    assert "c2VjcmV0" not in str(told.value) + repr(scene.access(credentials=app(broken)))
    words = {"message": "There is at least one repository that does not exist"}
    scene.fault("POST", "/access_tokens", 422, body=words)
    with pytest.raises(ForgeRefusal, match=r"App 77 gets no token for acme/app.*Install it"):
        scene.forge(credentials=app(key())).issue(1)
    scene.fault("GET", "/installation$", 0)
    with pytest.raises(ForgeRefusal, match="cannot be reached"):
        scene.forge(credentials=app(key())).issue(1)
    assert key().splitlines()[1] not in json.dumps([one.headers for one in scene.small.seen])
