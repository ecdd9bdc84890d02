"""Names of settings by what loosens them: ``tool.name`` as in `documents`, with wildcards."""

GROWING = (
    *("pytest.norecursedirs", "pytest.collect_ignore*", "coverage.run.omit", "coverage.omit"),
    *("coverage.report.omit", "coverage.report.exclude*", "coverage.report.partial*"),
    *("ruff.ignore", "ruff.extend-ignore", "ruff.lint.ignore", "ruff.lint.extend-ignore"),
    *("ruff.per-file-ignores*", "ruff.lint.per-file-ignores*", "ruff.exclude"),
    *("ruff.lint.extend-per-file-ignores*", "ruff.extend-exclude", "ruff.lint.exclude"),
    *("flake8.ignore", "flake8.extend-ignore", "flake8.exclude", "flake8.extend-exclude"),
    *("flake8.per-file-ignores", "mypy.exclude", "mypy*disable_error_code", "pylint*.disable"),
    *("pylint*.ignore*", "pyright.exclude", "pyright.ignore", "tsconfig *.exclude"),
    *(
        "jest*.testPathIgnorePatterns",
        "jest*.coveragePathIgnorePatterns",
        "*vitest*.exclude",
        "nyc.exclude",
        "c8.exclude",
        "mocha.ignore",
    ),
    *("mocha.exclude", "eslint*.ignorePatterns", "eslint.ignores", "codecov.ignore"),
    *("bandit.skips", "bandit.exclude_dirs", "playwright*.testIgnore", "*.testIgnore"),
)
SHRINKING = (
    *("ruff.select", "ruff.extend-select", "ruff.lint.select", "ruff.lint.extend-select"),
    *("flake8.select", "flake8.extend-select", "mypy*enable_error_code", "eslint.extends"),
    *("pylint*.enable", "eslint.plugins", "coverage.run.plugins"),
)
SELECTING = (
    *("pytest.testpaths", "pytest.python_files", "pytest.python_classes", "mypy.files"),
    *("pytest.python_functions", "mypy.packages", "mypy.modules", "coverage.run.source*"),
    *("coverage.run.include", "coverage.report.include", "jest*.testMatch", "jest*.testRegex"),
    *("jest*.roots", "jest*.collectCoverageFrom", "vitest*test.include", "mocha.spec"),
    *("nyc.include", "c8.include", "tsconfig *.include", "tsconfig *.files", "pyright.include"),
    *("ruff.include", "playwright*.testMatch", "ava.files"),
)
FALLING = (
    *("coverage.report.fail_under", "coverage.fail_under", "jest*.coverageThreshold.*"),
    *("*vitest*thresholds.*", "nyc.lines", "nyc.branches", "nyc.functions", "nyc.statements"),
    *("c8.lines", "c8.branches", "c8.functions", "c8.statements", "codecov.*.target"),
    *("pylint*.fail-under", "interrogate.fail-under"),
)
RISING = (
    *("codecov.*.threshold", "ruff*.max-complexity", "ruff.lint.pylint.max-*"),
    *("flake8.max-complexity", "pylint*.max-*"),
)
TURNED_OFF = (
    *("pytest.xfail_strict", "pytest.strict*", "mypy*.strict*", "mypy*.disallow_*"),
    *("mypy*.check_untyped_defs", "mypy*.warn_*", "mypy*.no_implicit_*", "mypy*.extra_checks"),
    *("mypy*.local_partial_types", "tsconfig *.compilerOptions.strict*", "coverage.run.branch"),
    *(
        "tsconfig *.compilerOptions.no[IUFP]*",
        "tsconfig *.compilerOptions.exact*",
        "pyright.strict*",
    ),
    *("*.forbidOnly", "nyc.check-coverage", "nyc.all", "c8.check-coverage", "c8.all"),
    *("tsconfig *.compilerOptions.alwaysStrict", "tsconfig *.compilerOptions.checkJs"),
)
TURNED_ON = (
    *("mypy*.ignore_errors", "mypy*.ignore_missing_imports", "mypy*.allow_*"),
    *("mypy*.implicit_*", "tsconfig *.compilerOptions.skip*", "*.passWithNoTests", "*.allowOnly"),
    *("tsconfig *.compilerOptions.suppress*", "coverage.report.ignore_errors"),
)
HIDING = (
    *("tox.*.ignore_outcome", "tox.*.ignore_errors", "codecov.*.informational", "*.exit-zero"),
    *("*.exit_zero", "*.continue-on-error", "*.allow_failure", "*.bypass_errors"),
)
