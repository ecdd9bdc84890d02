"""Every secret here is drawn by chance: ready ones would set off the alarms of others."""

import base64
import random
import string
import zlib
from collections import defaultdict
from collections.abc import Mapping

import pytest

from validators.policies.changed_file import ChangedFile
from validators.policies.secret_kinds import SECRET_KINDS, may_hold_secret
from validators.policies.secret_scan import (
    DetectorFailure,
    Secret,
    _report,
    _require_all_read,
)
from validators.policies.secrets import secret_findings
from validators.sandbox import Completed, Output
from validators.verdict import Finding

_LETTERS = string.ascii_letters + string.digits
_DRAWN = random.Random(20)  # noqa: S311 - the same ones each time


def draw(count: int, characters: str = _LETTERS) -> str:
    return "".join(_DRAWN.choice(characters) for _ in range(count))


def with_checksum(prefix: str) -> str:
    body, digits = draw(30), ""
    number = zlib.crc32(body.encode())
    while number:
        number, digit = divmod(number, 62)
        digits = (string.digits + string.ascii_uppercase + string.ascii_lowercase)[digit] + digits
    return f"{prefix}{body}{digits.rjust(6, '0')}"


def private_key(kind: str) -> str:
    body = base64.encodebytes(_DRAWN.randbytes(500)).decode()
    return f"-----BEGIN {kind} PRIVATE KEY-----\n{body}-----END {kind} PRIVATE KEY-----\n"


def web_token() -> str:
    parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"1234567890","iat":1716239022}')
    head = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    return f"{head}.{draw(43)}"


BASE_32, BASE_64 = string.ascii_uppercase + "234567", _LETTERS + "+/"
SECRETS = {
    "private key": private_key("RSA"),
    "private key, one line": '"' + private_key("OPENSSH").replace("\n", "\\n") + '"',
    "AWS access key": f"id = AKIA{draw(16, BASE_32)}\nsecret = {draw(40, BASE_64)}",
    "AWS access key, identifier": f'AWS_ACCESS_KEY_ID="AKIA{draw(16, BASE_32)}"',
    "GitHub token": with_checksum("ghp_"),
    "GitHub token, made up": f"ghp_{draw(36)}",
    "GitHub token, of a job": with_checksum("ghs_"),
    "GitHub token, fine-grained": f"github_pat_{draw(22)}_{draw(59)}",
    "GitLab token": f"glpat-{draw(20)}",
    "Slack token": f"xoxb-{draw(12, string.digits)}-{draw(13, string.digits)}-{draw(24)}",
    "Slack webhook address": f"https://hooks.slack.com/services/T{draw(8)}/B{draw(10)}/{draw(24)}",
    "Stripe key": f"sk_live_{draw(24)}",
    "Anthropic API key": f"sk-ant-api03-{draw(93)}AA",
    "OpenAI API key": f"sk-proj-{draw(74)}T3BlbkFJ{draw(74)}",
    "Google API key": f"AIza{draw(35)}",
    "Hugging Face token": f"hf_{draw(34, string.ascii_letters)}",
    "npm token": with_checksum("npm_"),
    "PyPI token": f"pypi-AgEIcHlwaS5vcmc{draw(150)}",
    "SendGrid API key": f"SG.{draw(22)}.{draw(43)}",
    "JSON web token": web_token(),
    "password in an address": f"https://deploy:{draw(16)}@git.internal.io/project.git",
    "password in an address, of a database": f"postgres://app:{draw(14)}@db.internal.io/app",
}
PLACEHOLDERS = {
    "example of a manual": "AKIAIOSFODNN7EXAMPLE\nkey = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "crossed out": f"ghp_{'x' * 36}",
    "dots": "ghp_...",
    "empty key": "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
    "public key": "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQ\n-----END PUBLIC KEY-----",
    "to be filled in": "ANTHROPIC_API_KEY=sk-ant-your-key-here",
    "angle brackets": 'token = "<token>"',
    "variable": 'password = "${PASSWORD}"',
    "variable in an address": "https://user:${PASSWORD}@example.com/",
    "words in an address": "https://user:password@example.com/",
    "words on this machine": "http://user:pass@localhost:8000",
    "word": 'password = "changeme"',
    "environment": 'password = os.environ["PASSWORD"]',
    "checksum": f'sha256 = "{draw(64, string.hexdigits.lower())}"',
    "integrity": f'"integrity": "sha512-{draw(86, BASE_64)}=="',
}


def added(name: str, text: str) -> ChangedFile:
    return ChangedFile(name, name, None, text.encode())


@pytest.fixture(scope="module")
def findings_by_path() -> Mapping[str, list[Finding]]:
    """One run of the detector over everything, each text a file of its own."""
    files = [added(name, f"# {name}\n{text}\n") for name, text in SECRETS.items()]
    files += [added(name, f"# {name}\n{text}\n") for name, text in PLACEHOLDERS.items()]
    found = defaultdict(list)
    for finding in secret_findings(files, "block"):
        found[finding.path].append(finding)
    return found


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_found_and_named(
    name: str, findings_by_path: Mapping[str, list[Finding]]
) -> None:
    (finding,) = findings_by_path[name]
    assert finding.message == f"{name} holds a new {name.split(',', maxsplit=1)[0]} in line 2"
    assert (finding.code, finding.severity, finding.line) == ("secret-added", "block", 2)


def test_no_finding_holds_a_piece_of_its_secret(
    findings_by_path: Mapping[str, list[Finding]],
) -> None:
    for name, text in SECRETS.items():
        (finding,) = findings_by_path[name]
        said = f"{finding}".replace(name, "")
        pieces = {text[at : at + 8] for at in range(len(text) - 8)}
        assert not [piece for piece in pieces if piece in said]


@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_a_placeholder_is_no_secret(
    name: str, findings_by_path: Mapping[str, list[Finding]]
) -> None:
    assert findings_by_path[name] == []


def test_what_the_base_holds_is_not_new_wherever_it_goes_but_a_copy_is() -> None:
    token, other = with_checksum("ghp_"), with_checksum("ghp_")
    base = f"A = '{token}'\n".encode()
    files = [
        ChangedFile("stays.py", "stays.py", base, b"import os\n\n    " + base),
        ChangedFile("from.py", "from.py", f"B = '{other}'".encode(), b""),
        ChangedFile("to.py", "to.py", None, f"C = '{other}'".encode()),
        ChangedFile("copy.py", "copy.py", None, base),
        ChangedFile("old.py", "old.py", base, base),
    ]
    assert [finding.path for finding in secret_findings(files, "block")] == ["copy.py"]


def test_a_key_is_new_when_only_the_lines_within_it_changed() -> None:
    old, new = private_key("RSA").encode(), private_key("RSA").encode()
    (finding,) = secret_findings([ChangedFile("key.pem", "key.pem", old, new)], "block")
    assert finding.line == 1


def test_a_secret_is_found_in_a_file_of_two_bytes_a_character() -> None:
    text = f"$token = '{with_checksum('ghp_')}'".encode("utf-16")
    (finding,) = secret_findings([ChangedFile("a.ps1", "a.ps1", None, text)], "ask")
    assert finding.severity == "ask"


def test_a_comment_that_switches_a_detector_off_does_not_switch_this_one_off() -> None:
    marks = "kingfisher:ignore gitleaks:allow betterleaks:allow pragma: allowlist secret nosec"
    assert list(secret_findings([added("a", f"{with_checksum('ghp_')}  # {marks}")], "block"))


def test_the_policy_allow_lets_secrets_in() -> None:
    assert not list(secret_findings([added("a", with_checksum("ghp_"))], "allow"))


def test_a_change_that_holds_nothing_like_a_secret_costs_no_detector() -> None:
    text = "def test_password(client):\n    assert client.get('https://a.b/')\n"
    assert not may_hold_secret(text.encode())
    assert not list(secret_findings([added("a", text)], "block"))


def test_a_report_that_leaves_files_out_or_breaks_off_is_no_all_clear() -> None:
    place = {"scan": {"status": "completed"}, "stats": {"blobs_scanned": 1}}
    with pytest.raises(DetectorFailure, match="left files unread: 1"):
        _require_all_read([{"rule": {}}, {"audit": {"repositories": [place]}}], 2)
    with pytest.raises(DetectorFailure, match="cannot be read"):
        _report(Completed("ok", 0, stdout=Output(b'{"rule":')))


def test_a_report_that_grows_without_end_is_no_all_clear() -> None:
    tokens = "\n".join(f"ghp_{draw(36)}" for _ in range(25_000))
    files = [added("a", tokens), added("b", tokens[::-1] + tokens[5:])]
    (finding,) = secret_findings(files, "block")
    assert (finding.code, finding.severity) == ("secrets-unchecked", "block")
    assert "ended with output-limit" in finding.message


def test_a_text_made_against_patterns_costs_seconds_at_most() -> None:
    hostile = (
        "http://a:" * 20_000,
        "eyJhbGciOiJIUzI1NiIsInR5cCI6.ey." * 20_000,
        "xoxb-1-" * 20_000,
    )
    assert not list(secret_findings([added(text[:4], text) for text in hostile], "block"))


def test_a_value_does_not_show_when_a_secret_is_printed() -> None:
    assert "hidden" not in repr(Secret(0, 1, "key", "hidden"))


def test_every_rule_is_named_once() -> None:
    rules = [rule for kind in SECRET_KINDS for rule in kind.rules]
    assert len(rules) == len(set(rules))
