import pytest

from validators.projects.poetry_requirements import requirements_of, specifier_of


@pytest.mark.parametrize(
    ("constraint", "specifier"),
    [
        ("^1.2.3", ">=1.2.3,<2"), ("^0.2.3", ">=0.2.3,<0.3"), ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0", ">=0,<1"), ("^1", ">=1,<2"), ("~1.2.3", ">=1.2.3,<1.3"), ("~1", ">=1,<2"),
        ("~1.2", ">=1.2,<1.3"), ("*", ""), ("1.2.*", "==1.2.*"), ("1.2", "==1.2"),
        (">=1.2,<2.0", ">=1.2,<2.0"), (">= 1.2, < 2", ">=1.2,<2"), (">=3.10 <4.0", ">=3.10,<4.0"),
        ("~=2.1", "~=2.1"), ("!=1.5", "!=1.5"), ("", ""), ("latest", ""),
    ],
)  # fmt: skip
def test_a_constraint_is_written_as_the_installer_reads_it(constraint: str, specifier: str) -> None:
    assert specifier_of(constraint) == specifier


def test_tables_bring_extras_and_markers_and_leave_out_what_no_index_has() -> None:
    assert requirements_of(
        {
            "python": "^3.9",
            "rich": "^13",
            "httpx": {"version": "^0.27", "extras": ["http2"]},
            "tomli": {"version": "*", "markers": "python_version < '3.11'"},
            "local": {"path": "../local"},
            "extra": {"version": "1.0", "optional": True},
            "odd name": "1",
            "many": [{"version": "1"}],
        }
    ) == (
        "rich>=13,<14",
        "httpx[http2]>=0.27,<0.28",
        "tomli ; python_version < '3.11'",
    )
