"""The model of the first minute: a file of replies, and what it says when the file is wrong."""

import json
import time
from pathlib import Path

import pytest

from bot.adapters import scripted_model
from bot.adapters.scripted_model import ScriptedModel, ScriptedReply, ScriptRefusal, read_script
from workflows.conversation import (
    ActionCall,
    ActionResult,
    Conversation,
    Message,
    ReplyLimits,
    Usage,
)
from workflows.ports import ModelRefusal

ASKED = Conversation("You fix bugs.", (Message("user", "The total is wrong."),))
LIMITS = ReplyLimits()
SCRIPT = """\
replies:
  - expect: ["total", wrong]
    text: |
      I will read  the file.
    calls:
      - name: read_file
        arguments: {path: app.py, lines: [1, 2.5, true, null], on: 2026-11-21}
      - name: list_files
    usage: {input_tokens: 900, output_tokens: 40, cache_read_tokens: 3, cache_write_tokens: 2}
    usd: 0.25
  - text: "That was all.\\n\\n"
  - stop: refusal
"""


def script(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "replies.yml"
    path.write_text(text)
    return path


def test_a_file_is_played_from_its_first_reply_to_its_last(tmp_path: Path) -> None:
    model = ScriptedModel.load(script(tmp_path, SCRIPT))
    heard: list[str] = []
    first, second, third = (model.reply(ASKED, LIMITS, heard.append) for _ in range(3))

    arguments = {"path": "app.py", "lines": [1, 2.5, True, None], "on": "2026-11-21"}
    calls = (
        ActionCall("call-1-1", "read_file", arguments),
        ActionCall("call-1-2", "list_files", {}),
    )
    assert first.message == Message("model", "I will read  the file.\n", calls)
    assert (first.stop, first.usage) == ("actions", Usage(900, 40, 3, 2, usd=0.25))
    assert (second.stop, second.message.text) == ("end", "That was all.\n\n")
    assert (second.usage.input_tokens, second.usage.output_tokens, second.usage.usd) == (9, 4, 0.0)
    assert (third.stop, third.message) == ("refusal", Message("model"))
    pieces = ["I", " will", " read", "  the", " file.", "\n", "That", " was", " all.", "\n\n"]
    assert heard == pieces
    assert model.price_usd(10**9, 10**9) == 0.25


def test_a_script_goes_on_where_another_process_left_it(tmp_path: Path) -> None:
    path = script(tmp_path, SCRIPT)
    begun = ScriptedModel.load(path)
    begun.reply(ASKED, LIMITS)
    assert begun.replied == 1
    resumed = ScriptedModel.load(path, start=begun.replied)
    assert resumed.reply(ASKED, LIMITS).message.text == "That was all.\n\n"


def test_a_script_that_is_over_says_so(tmp_path: Path) -> None:
    path = script(tmp_path, SCRIPT)
    with pytest.raises(ModelRefusal, match=r"replies\.yml has 3 replies and was asked") as caught:
        ScriptedModel.load(path, start=3).reply(ASKED, LIMITS)
    assert caught.value.trouble == "exhausted"


def test_what_a_reply_expects_must_be_in_the_last_user_turn() -> None:
    model = ScriptedModel([ScriptedReply("Ok.", expect=("2 failed", "wrong"))])
    model_turn = Message("model", "2 failed, wrong", (ActionCall("1", "test", {}),))
    result = ActionResult("1", "2 failed")
    for last in (Message("user", results=(result,)), model_turn):
        asked = Conversation("wrong", (*ASKED.messages, last))
        with pytest.raises(ModelRefusal, match=r"reply 1 expects '(wrong|2 failed)' in") as caught:
            model.reply(asked, LIMITS)
        assert caught.value.trouble == "mismatch"
    last = Message("user", "That is wrong.", results=(result,))
    asked = Conversation("", (*ASKED.messages, model_turn, last))
    # A refusal uses no reply up.
    assert model.reply(asked, LIMITS).message.text == "Ok."


def test_a_conversation_without_a_user_turn_meets_no_expectation() -> None:
    model = ScriptedModel([ScriptedReply("Ok.", expect=("x",))])
    with pytest.raises(ModelRefusal, match="reply 1 expects 'x'"):
        model.reply(Conversation("x", ()), LIMITS)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("replys: []", ":1: unknown key 'replys'; did you mean 'replies'?"),
        ("replies:\n  - text: a\n  - tex: b", ":3: unknown key 'tex'; did you mean 'text'?"),
        (
            "replies:\n  - usage:\n      input: 3",
            ":3: unknown key 'input'; did you mean 'input_tokens'?",
        ),
        (
            "replies:\n  - calls:\n    - name: a\n      args: {}",
            ":4: unknown key 'args'; did you mean 'arguments'?",
        ),
        ("replies:\n  - text: a\n  - text: 3", ":3: in this reply: Expected `str`, got `int`"),
        ("replies:\n  - usd: .nan", ":2: in this reply: Expected `float` >= 0.0"),
        ("replies:\n  - usd: .inf", ":2: in this reply: Expected `float` < 1000000.0"),
        ("replies:\n  - usage: {input_tokens: -1}", ":2: in this reply: Expected `int` >= 0"),
        ("replies:\n  - usage: many", ":2: in this reply: Expected `object | null`, got `str`"),
        ("replies:\n  - calls: [read]", ":2: in this reply: Expected `object`, got `str`"),
        ("replies:\n  - calls: read", ":2: in this reply: Expected `array`, got `str`"),
        ("replies:\n  - calls: [{}]", ":2: in this reply: Object missing required field `name`"),
        ("replies:\n  - stop: never", ":2: in this reply: Invalid enum value 'never'"),
        ("replies:\n  - stop: actions", ":2: a reply that has no calls cannot stop with 'actions'"),
        (
            "replies:\n  - {calls: [{name: a}], stop: end}",
            ":2: a reply that has calls cannot stop with 'end'",
        ),
        ("replies:\n  - hello", ":2: a reply must be lines of `key: value`"),
        ("replies: {text: a}", ":1: `replies:` must hold a list of replies"),
        ("{}", ":1: `replies:` must hold a list of replies"),
        ("- text: a", ":1: a script begins with `replies:`"),
        ("", ":1: a script begins with `replies:`"),
        ("replies:\n  - {text: a, text: b}", ":2: duplicate key 'text'"),
        ("replies: [", ":1: not YAML: "),
        ("replies: &all [*all]", ":1: found an anchor or alias; write the value out"),
        ("replies: " + "[" * 20_000, ":1: found more than 8 levels"),
        ('{"replies": ' + "[" * 20_000, ":1: found more than 8 levels"),
        ('{"replies": [{"text": 3}]}', ":1: in this reply: Expected `str`, got `int`"),
        ('{"replies": [{"tex": ""}]}', ":1: unknown key 'tex'; did you mean 'text'?"),
        ("replies: []", ":1: the script holds no reply; add one below `replies:`"),
    ],
)
def test_a_wrong_script_is_refused_where_it_is_wrong(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = script(tmp_path, text)
    with pytest.raises(ScriptRefusal) as caught:
        read_script(path)
    assert str(caught.value).startswith(f"{path}{complaint}")


def test_a_script_that_is_not_text_or_too_large_or_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "replies.yml"
    with pytest.raises(ScriptRefusal, match="cannot be read: No such file"):
        read_script(path)
    path.write_bytes(b"replies:\n  - text: \xff")
    with pytest.raises(ScriptRefusal, match=r":2: not UTF-8; save the file as UTF-8"):
        read_script(path)
    path.write_text("replies:\n" + "  - text: a\n" * 100_000)
    with pytest.raises(ScriptRefusal, match="may be 1 MiB"):
        read_script(path)
    path.write_text(json.dumps({"replies": [{"text": "a" * 17_000_000}]}))
    with pytest.raises(ScriptRefusal, match="may be 16 MiB"):
        read_script(path)


def test_a_tag_builds_nothing(tmp_path: Path) -> None:
    path = script(tmp_path, f"replies:\n - text: !!python/object/apply:os.mkdir [{tmp_path}/x]")
    with pytest.raises(ScriptRefusal, match="found a tag"):
        read_script(path)
    assert not (tmp_path / "x").exists()


def test_half_of_a_surrogate_pair_is_no_text(tmp_path: Path) -> None:
    # As from a vendor, whose JSON may spell one: it becomes a question mark.
    path = script(tmp_path, '{"replies": [{"text": "a\\ud800b"}]}')
    assert read_script(path)[0].text == "a?b"
    with pytest.raises(ScriptRefusal, match=r"replies\.yml:1: "):
        read_script(script(tmp_path, 'replies: [{text: "a\\uD800b"}]'))


def test_a_large_script_on_one_line_is_read_at_once(tmp_path: Path) -> None:
    said = "x = 1\n" * 800_000
    path = script(tmp_path, json.dumps({"replies": [{"text": said}]}))
    started = time.process_time()
    (reply,) = read_script(path)
    assert (reply.text, time.process_time() - started < 5) == (said, True)


def test_the_format_in_the_modules_words_is_the_format(tmp_path: Path) -> None:
    words = scripted_model.__doc__ or ""
    example = words[words.index("    replies:") : words.index("Every key")]
    first, second = read_script(script(tmp_path, example))
    assert (first.usd, len(first.calls), first.expect) == (0.0021, 1, ("the total is wrong",))
    assert second.stop == "end"


def test_a_veto_with_its_reasons_can_be_written_in_yaml(tmp_path: Path) -> None:
    reasons = "[{path: a.py, start_line: 1, end_line: 1, why: no}]"
    verdict = f"{{name: verdict, arguments: {{decision: veto, reasons: {reasons}}}}}"
    path = tmp_path / "judge.yml"
    path.write_text(f"replies:\n  - calls:\n      - {verdict}\n")

    (call,) = ScriptedModel.load(path).reply(ASKED, LIMITS).message.calls

    assert call.arguments["reasons"] == [
        {"path": "a.py", "start_line": 1, "end_line": 1, "why": "no"}
    ]
