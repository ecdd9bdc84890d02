"""Other engines with a rule for a migration, each run as its documentation says."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.migrating.costs import Cost, cost

_LIBCST = Path(__file__).with_name("libcst_rules.py")
_RUFF = str(Path(sys.executable).with_name("ruff"))
_OURS = str(Path(sys.executable).with_name("changewright"))
_FIX = (
    _RUFF,
    "check",
    "--isolated",
    "--no-cache",
    "--quiet",
    "--exit-zero",
    "--fix",
    "--unsafe-fixes",
)
_ASSERTIONS = "org.junit.jupiter.api.Assertions"
# By the beginning of a migration's name: ast-grep's language, pattern and rewrite, one or several.
_PATTERNS: dict[str, tuple[str, Sequence[tuple[str, str]]]] = {
    "django_rest_framework_335054a5": ("python", [("force_text", "force_str")]),
    "scrapy_8d92c28a": (
        "python",
        [
            ("self.assertRaises($E)", "pytest.raises($E)"),
            ("self.assertRaises($E, $F, $$$A)", "with pytest.raises($E):\n    $F($$$A)"),
        ],
    ),
    "scrapy_df00389c": (
        "python",
        [
            ("from six.moves.urllib.parse import $$$A", "from urllib.parse import $$$A"),
            ("from six.moves import cPickle as pickle", "import pickle"),
            ("from six.moves import configparser", "import configparser"),
            ("from six.moves import cStringIO as StringIO", "from io import StringIO"),
        ],
    ),
    "scrapy_b2b2d0b0": (
        "python",
        [
            ("TWISTED_ENABLED", "TWISTED_REACTOR_ENABLED"),
            ('"TWISTED_ENABLED"', '"TWISTED_REACTOR_ENABLED"'),
        ],
    ),
    "urllib3_fe39ebfb": (
        "python",
        [
            ("Optional[$X]", "$X | None"),
            ("Union[$X, $Y]", "$X | $Y"),
            ("Tuple[$$$A]", "tuple[$$$A]"),
        ],
    ),
    "urllib3_52c82753": (
        "python",
        [
            ("self.assertEqual($A, $B)", "assert $A == $B"),
            ("self.assertTrue($A)", "assert $A"),
            ("self.assertFalse($A)", "assert not $A"),
            ("self.assertIn($A, $B)", "assert $A in $B"),
            ("self.assertRaises($E, $F, $$$A)", "with pytest.raises($E):\n    $F($$$A)"),
        ],
    ),
    "urllib3_da892d67": ("python", [("Literal[$$$A]", "typing.Literal[$$$A]")]),
    "celery_7a27725c": (
        "python",
        [
            ("datetime.utcnow()", "datetime.now(timezone.utc)"),
            ("datetime.datetime.utcnow()", "datetime.datetime.now(datetime.timezone.utc)"),
        ],
    ),
    "celery_10bc6fbd": (
        "python",
        [("self.assertEquals($$$A)", "self.assertEqual($$$A)")],
    ),
    "express_c70197ad": ("js", [("require('safe-buffer')", "require('node:buffer')")]),
    "chalk_249b9ac7": (
        "js",
        [("var $A = $B", "const $A = $B"), ("function () { $$$B }", "() => { $$$B }")],
    ),
    "jsoup_8e432a5f": (
        "java",
        [
            ("import org.junit.Test;", "import org.junit.jupiter.api.Test;"),
            (
                "import static org.junit.Assert.*;",
                "import static org.junit.jupiter.api.Assertions.*;",
            ),
            (
                "import static org.junit.Assert.$A;",
                "import static org.junit.jupiter.api.Assertions.$A;",
            ),
        ],
    ),
    "commons_csv_f97c1721": (
        "java",
        [
            ("@Test public void $N() throws $E { $$$B }", "@Test void $N() throws $E { $$$B }"),
            ("@Test public void $N() { $$$B }", "@Test void $N() { $$$B }"),
        ],
    ),
    "commons_csv_ebc85238": ("java", [("public class $C { $$$B }", "class $C { $$$B }")]),
    "cobra_511af59c": (
        "go",
        [
            ("ioutil.TempDir($$$A)", "os.MkdirTemp($$$A)"),
            ("ioutil.TempFile($$$A)", "os.CreateTemp($$$A)"),
        ],
    ),
    "viper_3d006fe3": ("go", [("interface{}", "any")]),
    "ripgrep_b6177f04": ("rust", [("try!($X)", "$X?")]),
}
_RUFF_RULES = {
    "scrapy_8d92c28a": "PT027",
    "urllib3_52c82753": "PT009,PT027",
    "urllib3_da892d67": "UP035",
    "urllib3_fe39ebfb": "I002,UP006,UP007,UP037,UP045",
    "celery_7a27725c": "DTZ003",
    "celery_10bc6fbd": "UP005",
}
# Without it the rules above do not dare: annotations would be run.
_RUFF_CONFIG = {
    "urllib3_fe39ebfb": 'lint.isort.required-imports = ["from __future__ import annotations"]'
}
_PYUPGRADE = {
    "scrapy_df00389c": "--py3-plus",
    "celery_10bc6fbd": "--py3-plus",
    "urllib3_fe39ebfb": "--py310-plus",
}


@dataclass(frozen=True, slots=True)
class Peer:
    """One engine: its name, and the commands it needs; paths of files are appended to ``each``."""

    name: str
    commands: Sequence[Sequence[str]]
    takes_files: bool = False

    def run(self, tree: Path) -> tuple[dict[str, bytes], Cost]:
        """Return the files that it changes, and what that took."""
        files = sorted(path for path in tree.rglob("*") if path.is_file())
        before = {path: path.read_bytes() for path in files}
        costs = []
        for command in self.commands:
            named = [str(path) for path in files if self.takes_files]
            costs.append(cost([[*command, *named]], tree))
            if costs[-1].code not in {0, 1}:
                print(f"    {self.name} ended with {costs[-1].code}")
        changed = {
            str(path.relative_to(tree)): path.read_bytes()
            for path in files
            if path.read_bytes() != before[path]
        }
        wall, cpu = sum(one.wall_s for one in costs), sum(one.cpu_s for one in costs)
        memory = max(one.memory_mb for one in costs)
        return changed, Cost(wall, cpu, memory, said=costs[-1].said)


def ours(program: Path, tree: Path, state: Path) -> Peer:
    """Return ourselves, as the command line has us."""
    argv = [_OURS, "codemod", "run", str(program), "--tree", str(tree), "--workers", "2"]
    return Peer("ours", [[*argv, "--state", str(state), "--write", "--json"]])


def peers_of(name: str, folder: Path | None) -> list[Peer]:
    """Return the engines that have a rule for a migration, of those that are here."""
    found = []
    if name in _RUFF_RULES:
        config = ("--config", _RUFF_CONFIG[name]) if name in _RUFF_CONFIG else ()
        select = ("--select", _RUFF_RULES[name], "--target-version", "py38")
        argv = (*_FIX, *config, *select, ".")
        found.append(Peer(f"ruff {_RUFF_RULES[name]}", [argv]))
    if folder is not None and name in _PATTERNS:
        language, rules = _PATTERNS[name]
        program = str(folder / "bin" / "ast-grep")
        commands = [
            (program, "run", "-l", language, "-p", pattern, "-r", fix, "-U", ".")
            for pattern, fix in rules
        ]
        found.append(Peer("ast-grep", commands))
    if folder is not None and name in _PYUPGRADE:
        command = (
            str(folder / "bin" / "pyupgrade"),
            _PYUPGRADE[name],
            "--exit-zero-even-if-changed",
        )
        found.append(Peer("pyupgrade", [command], takes_files=True))
    if folder is not None and f'"{name}"' in _LIBCST.read_text("utf-8"):
        python = str(folder / "bin" / "python")
        found.append(Peer("libcst", [(python, str(_LIBCST), name)], takes_files=True))
    return [one for one in found if Path(one.commands[0][0]).is_file()]
