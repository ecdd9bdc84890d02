"""What files and variables of pip, uv, npm and apt come to."""

from base64 import b64encode
from pathlib import Path

import pytest

from bot.indexes.address import Origin, index_at
from bot.indexes.machine import MachineIndexes, machine_indexes


def basic(login: str) -> str:
    return "Basic " + b64encode(login.encode()).decode()


def read(root: Path, files: dict[str, str], **environment: str) -> MachineIndexes:
    for name, text in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    own = {"HOME": str(root / "home"), "XDG_CONFIG_DIRS": str(root / "xdg")}
    return machine_indexes({**own, **environment}, root=root)


def hosts(machine: MachineIndexes) -> set[str]:
    return {index.origin.host for index in machine.indexes}


def test_where_nobody_chose_and_no_tool_can_be_asked_nothing_is_allowed(tmp_path: Path) -> None:
    machine = read(tmp_path, {})

    found = (machine.indexes, machine.defaults, machine.folders, machine.warnings, machine.hosts)
    assert found == ((), (), (), (), ())
    assert machine.variables == {}


def test_pip_s_files_count_in_its_own_order_and_variables_before_them(tmp_path: Path) -> None:
    files = {
        "xdg/pip/pip.conf": "[global]\nindex-url = https://first.test/simple\nno-index = true\n",
        "etc/pip.conf": "[global]\nno_index = false\nindex-url = https://second.test/simple\n",
        "home/.pip/pip.conf": "[global]\nextra-index-url =\n    https://x.test/\n    https://y.test\n",
        "home/.config/pip/pip.conf": "[install]\nindex-url = https://third.test/a/simple/\n",
    }

    machine = read(tmp_path, files)
    chosen = read(tmp_path, {}, PIP_INDEX_URL="https://fourth.test/simple")

    assert hosts(machine) == {"third.test", "x.test", "y.test"}
    assert machine.variables["PIP_INDEX_URL"] == "https://third.test/a/simple/"
    assert machine.variables["PIP_EXTRA_INDEX_URL"] == "https://x.test/ https://y.test"
    assert "fourth.test" in hosts(chosen)
    assert "third.test" not in hosts(chosen)
    assert {index.path for index in machine.indexes} == {"/a/", "/"}


def test_pip_reads_the_file_it_is_given_last_and_none_when_told_so(tmp_path: Path) -> None:
    files = {
        "etc/pip.conf": "[global]\nindex-url = https://a.test/\nextra-index-url = https://b.test/\n",
        "own.conf": "[global]\nindex-url = https://c.test/\n",
    }

    given = read(tmp_path, files, PIP_CONFIG_FILE=str(tmp_path / "own.conf"))

    assert hosts(given) == {"b.test", "c.test"}
    assert hosts(read(tmp_path, files, PIP_CONFIG_FILE="/dev/null")) == set()


def test_uv_asks_whom_pip_asks_unless_it_is_configured_itself(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    pip = "[global]\nindex-url = https://p.test/simple\nextra-index-url = https://q.test/simple\n"
    pip += f"find-links = {tmp_path}/wheels\n"

    follows = read(tmp_path, {"etc/pip.conf": pip})
    leads = read(tmp_path, {}, UV_DEFAULT_INDEX="https://u.test/simple")

    assert follows.variables["UV_DEFAULT_INDEX"] == "https://p.test/simple"
    assert follows.variables["UV_INDEX"] == "https://q.test/simple"
    assert follows.variables["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert follows.variables["UV_FIND_LINKS"] == f"{tmp_path}/wheels"
    assert leads.variables["UV_DEFAULT_INDEX"] == "https://u.test/simple"
    assert "UV_INDEX" not in leads.variables
    assert hosts(leads) == {"p.test", "q.test", "u.test"}


def test_uv_s_files_and_variables_are_read_in_both_of_their_forms(tmp_path: Path) -> None:
    shared = '[[index]]\nname = "corp"\nurl = "https://i.test/simple"\n'
    shared += '[[index]]\nurl = "https://d.test/simple"\ndefault = true\n'
    own = '[pip]\nextra-index-url = ["https://e.test/simple"]\nno-index = false\n'
    files = {"etc/uv/uv.toml": shared, "home/.config/uv/uv.toml": own}
    login = {"UV_INDEX_CORP_USERNAME": "me", "UV_INDEX_CORP_PASSWORD": "canary"}

    machine = read(tmp_path, files, **login)
    elsewhere = {
        "one.toml": 'index-url = "https://o.test/simple"\nfind-links = ["https://l.test/"]\n'
    }
    one = read(tmp_path, elsewhere, UV_CONFIG_FILE=str(tmp_path / "one.toml"))
    nobody = {"alone.toml": "no-index = true\n"}
    none = read(tmp_path, nobody, UV_CONFIG_FILE=str(tmp_path / "alone.toml"))
    unread = read(tmp_path, {}, UV_NO_CONFIG="1")

    assert hosts(machine) == {"i.test", "d.test", "e.test"}
    assert machine.variables["UV_INDEX"] == "corp=https://i.test/simple https://e.test/simple"
    assert next(i.login for i in machine.indexes if i.origin.host == "i.test") == basic("me:canary")
    assert hosts(one) == {"o.test", "l.test"}
    assert one.variables["UV_FIND_LINKS"] == "https://l.test/"
    assert none.variables == {"UV_DEFAULT_INDEX": "file:///nonexistent"}
    assert unread.variables == {}


def test_npm_s_files_give_registries_scopes_and_logins(tmp_path: Path) -> None:
    password = b64encode(b"canary").decode()
    user = "\n".join(
        (
            "; a comment",
            "registry = https://npm.test/all/",
            "@corp:registry=https://corp.test/npm",
            "//npm.test/all/:_authToken=${TOKEN}",
            "//corp.test/npm/:username=me",
            f"//corp.test/npm/:_password={password}",
            "cafile=/nowhere.pem",
        )
    )

    machine = read(
        tmp_path,
        {"etc/npmrc": "registry=https://no.test/", "home/.npmrc": user},
        TOKEN="t",  # noqa: S106 - of a test
    )
    logins = {index.origin.host: index.login for index in machine.indexes}

    assert logins == {"npm.test": "Bearer t", "corp.test": basic("me:canary")}
    assert machine.variables == {
        "npm_config_@corp:registry": "https://corp.test/npm",
        "npm_config_registry": "https://npm.test/all/",
        "YARN_NPM_REGISTRY_SERVER": "https://npm.test/all",
        "YARN_REGISTRY": "https://npm.test/all",
    }


def test_a_login_of_npm_is_for_its_own_place_alone(tmp_path: Path) -> None:
    text = "registry=https://npm.test/team/\n//npm.test/te/:_authToken=canary\n"
    text += "//npm.test/team/:_auth=bWU6eA==\n//other.test/:username=alone\n"

    machine = read(tmp_path, {"home/.npmrc": text}, NPM_CONFIG_GLOBALCONFIG=str(tmp_path / "none"))

    assert [index.login for index in machine.indexes] == ["Basic bWU6eA=="]


def test_apt_s_lists_are_read_in_both_of_their_formats(tmp_path: Path) -> None:
    files = {
        "etc/apt/sources.list": "# deb http://no.test x\ndeb [a=b c=d] http://one.test/d x main\n",
        "etc/apt/sources.list.d/a.list": "deb-src https://two.test/x y z\ndeb cdrom:[x]/ y\n",
        "etc/apt/sources.list.d/b.sources": (
            "Types: deb\n# URIs: http://no.test\nURIs: http://three.test/a\n http://four.test/b\n"
            "Suites: x\n\nTypes: deb\nURIs: http://off.test\nEnabled: no\n"
        ),
        "etc/apt/sources.list.d/c.sources": "Types: deb\n",
    }

    machine = read(tmp_path, files)

    assert hosts(machine) == {"one.test", "two.test", "three.test", "four.test"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIP_INDEX_URL", "https://me:canary@a.test/simple"),
        ("PIP_EXTRA_INDEX_URL", "https://canary@a.test/simple"),
        ("UV_INDEX", "corp=https://me:canary@a.test/simple"),
        ("UV_FIND_LINKS", "https://me:canary@a.test/wheels"),
        ("npm_config_registry", "https://me:canary@a.test/"),
        ("PIP_INDEX_URL", "https://me:canary@a test/"),
        ("PIP_INDEX_URL", "https://me:canary@:x/"),
        ("PIP_INDEX_URL", "https://me:canary/@b.test/"),
        ("UV_INDEX", "https://me:canary/@b.test/"),
        ("npm_config_registry", "https://me:canary/@b.test/"),
    ],
)
def test_a_password_is_in_nothing_that_is_said_or_recorded(
    tmp_path: Path, name: str, value: str
) -> None:
    machine = read(tmp_path, {}, **{name: value})

    said = (machine.facts(), machine.variables, machine.warnings, repr(machine))
    assert "canary" not in str(said)
    found = [index for index in machine.indexes if index.origin.host == "a.test"]
    assert all("canary" in str(index.login) or index.login for index in found)
    assert bool(found) is (not machine.warnings)


def test_netrc_gives_the_login_an_address_does_not_carry(tmp_path: Path) -> None:
    file = "machine a.test login me password canary\nmachine b.test login x password y\n"
    indexes = "https://a.test/ https://own:word@b.test/"

    machine = read(tmp_path, {"home/.netrc": file}, PIP_EXTRA_INDEX_URL=indexes)
    (tmp_path / "home/.netrc").write_text("nonsense a.test\n")
    broken = read(tmp_path, {}, PIP_EXTRA_INDEX_URL=indexes)

    logins = {index.origin.host: index.login for index in machine.indexes}
    assert logins == {"a.test": basic("me:canary"), "b.test": basic("own:word")}
    assert broken.warnings == (f"{tmp_path}/home/.netrc cannot be read, so no login in it is used",)


def test_folders_are_shown_whole_and_never_more_than_packages(tmp_path: Path) -> None:
    for name in ("pypi/simple", "wheels", "home/simple"):
        (tmp_path / name).mkdir(parents=True)
    home = tmp_path / "home"
    named = f"file://{tmp_path}/pypi/simple {home}/simple/ file://elsewhere/x"
    links = f"{tmp_path}/wheels {tmp_path}/gone / {tmp_path}/home"

    machine = read(tmp_path, {}, PIP_EXTRA_INDEX_URL=named, PIP_FIND_LINKS=links)

    assert machine.folders == (tmp_path / "pypi", home / "simple", tmp_path / "wheels")
    assert f"{tmp_path}/gone, which a tool is configured with, does not exist" in machine.warnings
    too_much = [warning for warning in machine.warnings if "more than packages" in warning]
    assert {warning.split(",")[0] for warning in too_much} == {"/", f"{tmp_path}/home"}
    assert "gone" not in machine.variables["PIP_FIND_LINKS"]


def test_the_operator_s_hosts_are_reached_at_their_port(tmp_path: Path) -> None:
    machine = machine_indexes({"HOME": str(tmp_path)}, ("a.test", "b.test:8443"), tmp_path)

    assert machine.hosts == (("a.test", 443), ("b.test", 8443))
    assert {"a.test:443", "b.test:8443"} <= set(machine.facts())


def test_a_proxy_of_the_machine_is_known_and_never_shown(tmp_path: Path) -> None:
    machine = read(tmp_path, {}, https_proxy="http://me:canary@p.test:3128", NO_PROXY="a.test")
    everywhere = read(tmp_path, {}, ALL_PROXY="http://p.test:1")

    assert machine.proxies == {"https": "http://me:canary@p.test:3128", "no": "a.test"}
    assert everywhere.proxies == {"http": "http://p.test:1", "https": "http://p.test:1"}
    assert "canary" not in repr(machine)


def test_all_files_of_certificates_are_trusted_once(tmp_path: Path) -> None:
    file = tmp_path / "corp.pem"
    file.write_text("")

    named = {name: str(file) for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")}
    machine = read(tmp_path, {"etc/pip.conf": f"[global]\ncert = {file}\n"}, **named)

    assert machine.certificates == (file,)


@pytest.mark.parametrize(
    ("address", "origin", "path"),
    [
        ("http://A.Test:80/simple", ("http", "a.test", 80), "/"),
        ("https://a.test:8443/x/+simple/", ("https", "a.test", 8443), "/x/"),
        ("https://b\u00fccher.test", ("https", "xn--bcher-kva.test", 443), "/"),
        ("http://[::1]:8080/y", ("http", "::1", 8080), "/y/"),
    ],
)
def test_an_address_names_an_origin_and_a_path(
    address: str, origin: tuple[str, str, int], path: str
) -> None:
    index = index_at(address)

    assert (index.origin, index.path) == (Origin(*origin), path)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address",
    ["ftp://a.test/", "http://", "http://a..test/", "http://a.test:x/", "a.test", "http://-/"],
)
def test_what_is_no_address_is_not_taken_for_one(address: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - it must not repeat the address
        index_at(address)
