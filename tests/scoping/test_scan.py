"""What looks like a definition to one pass over the bytes, where keywords alone do not tell."""

import pytest

from scoping.scan import scan


@pytest.mark.parametrize(
    ("language", "content", "names"),
    [
        ("cpp", "enum class Color { red };\nenum struct Size : int;\n", {"Color", "Size"}),
        ("cpp", "template <typename T> struct Cart : Base<T> {\n};\n", {"Cart"}),
        (
            "c",
            "typedef struct cart cart_t;\ntypedef unsigned long total_t;\n",
            {"cart_t", "total_t"},
        ),
        ("c", "typedef struct {\n  int n;\n} line_t;\n", {"line_t"}),
        ("c", "typedef int (*price_fn)(int);\n#define MOST 3\n", {"price_fn", "MOST"}),
        ("kotlin", "enum class Color { RED }\nfun interface Priced {\n}\n", {"Color", "Priced"}),
        (
            "kotlin",
            "fun <T : Any> List<T>.total(): Int {\n}\nfun Cart?.orNone() {\n}\n",
            {"total", "orNone"},
        ),
        ("typescript", "const total: Total = (cart) => 1\n", {"total"}),
        ("typescript", "export const id = <T>(it: T): T => it\n", {"id"}),
        ("typescript", "const sum: Sum =\n  (cart) => 1\n", {"sum"}),
        ("go", "func (c *Cart) Total() {\n}\n", {"Total"}),
        ("ruby", "module Shop::Cart\n  def self.total\n", {"Cart", "total"}),
    ],
)
def test_definitions_are_seen_without_a_parser(
    language: str, content: str, names: set[str]
) -> None:
    found = set(scan(content.encode(), language).names)

    assert names <= found
    assert not found & {"class", "interface", "struct", "unsigned", "void"}
