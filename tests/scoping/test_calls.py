"""Calls are told by each language's own way of writing them."""

import time

import pytest

from scoping.calls import called_in

RUBY = """
  # mend nothing here
  def total(items, rate: 0, &block)
    sum = 0
    items.each do |item|
      sum += price item unless item.free?
    end
    Tax::Table.lookup(rate)
    audit! "not #{described} here", kind: :quiet
    total_of = sum
    self.cached ||= total_of
    yield_self { |part| part.round }
    refresh
  end
"""


def test_ruby_calls_without_brackets() -> None:
    called = called_in(RUBY, "ruby")

    assert {"each", "price", "free?", "lookup", "audit!", "described", "refresh"} <= called
    assert {"yield_self", "round"} <= called
    assert called.isdisjoint({"total", "items", "item", "sum", "total_of", "part", "kind"})
    assert called.isdisjoint({"quiet", "here", "mend", "nothing", "unless", "end", "Tax"})


def test_elixir_calls_in_pipelines_and_one_line_functions() -> None:
    text = "  def total(cart), do: cart |> lines |> Enum.map(&price/1) |> summed\n"

    assert {"lines", "map", "price", "summed"} <= called_in(text, "elixir")
    assert "cart" not in called_in(text, "elixir")


@pytest.mark.parametrize(
    ("language", "text", "called"),
    [
        ("python", "total(price)\nname = other", {"total"}),
        ("javascript", "await save (item); keep", {"save"}),
        ("kotlin", "items.map { price(it) }", {"map", "price"}),
        ("lua", "require 'x'; draw{1}; plain", {"require", "draw"}),
        ("haskell", "total xs' = sum (prices xs')", {"total", "xs'", "sum", "prices"}),
        ("bash", "if is_there x; then my-tool a | sort; fi; y=1", {"is_there", "my-tool", "sort"}),
    ],
)
def test_each_language_writes_calls_its_own_way(language: str, text: str, called: set[str]) -> None:
    assert called <= called_in(text, language)
    assert called_in(text, language).isdisjoint({"other", "keep", "plain", "it", "x", "y", "name"})


@pytest.mark.parametrize("piece", ["def a(", "a.", "|b", "'", "#{", "x = ", "  ", "if "])
def test_a_hostile_text_takes_time_in_proportion(piece: str) -> None:
    for language in ("ruby", "bash", "haskell", "python"):
        least = max(_seconds(piece * 2_000, language), 0.005)
        # Ten times the text: four times what is in proportion, and less than half of its square.
        assert _seconds(piece * 20_000, language) < 40 * least


def _seconds(text: str, language: str) -> float:
    start = time.process_time()
    called_in(text, language)
    return time.process_time() - start
