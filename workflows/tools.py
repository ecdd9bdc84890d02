"""The calls of a conversation answered, each by one operation of the SDK; it never raises for them.

The calls of one reply are answered in their order, and later ones see the edits of earlier ones.
An edit lands alone, or not at all; one that only lacked a name is made again after the others,
which may have brought it. `finish` is refused while one of the same reply has not landed, because
who wrote both thought that it would.
"""

from collections.abc import Callable, Mapping
from functools import partial

from scoping.blobs import ObjectsRefusal
from scoping.globs import chosen
from scoping.questions import QuestionRefusal
from validators.patch import parse
from workflows import answers, prompts
from workflows.actions import ACTIONS, RUN_CODE, run_code
from workflows.arguments import complaint
from workflows.conversation import Action, ActionCall, ActionResult, Message, Reply
from workflows.edits import Landed, land_reply, reports_of, shortened
from workflows.explore import CodeMode, Explorer
from workflows.looking import LOOKS, Arguments, look, view
from workflows.proposal import EditReport
from workflows.quoting import Words
from workflows.recorder import Recorder
from workflows.sdk import Sdk, Shown
from workflows.sdk_functions import MOST, SNIPPET_NAMES, AnswerCache, SdkFunctions, stubs
from workflows.snippet import SnippetLimits
from workflows.steps import asked_gate
from workflows.tool_modules import Toolbox
from workflows.tool_servers import NoServers
from workflows.visible_text import NOTHING
from workflows.working_tree import WorkingTree
from workflows.workshop import Workshop

MAX_CALLS = 32
# They may take minutes each, and whether the run has them is only looked at between replies.
MAX_GATES = 3
_MAX_TURN_CHARACTERS = 200_000
_MAX_NAME = 100
_SCHEMAS = {action.name: action.schema for action in (*ACTIONS, run_code("", SnippetLimits()))}
# What each command of the editor needs beside its path; the schema, flat as the vendor's, cannot.
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "view": (),
    "create": ("file_text",),
    "str_replace": ("old_str",),
    "insert": ("insert_line",),
}


class Tools:
    """Answers the calls of one conversation, whose edits it keeps. Close it.

    With an ``explorer`` there is one thing to call, which does what all others do.
    """

    def __init__(self, sdk: Sdk, working: WorkingTree, explorer: Explorer | None = None) -> None:
        self._sdk = sdk
        self._working = working
        self._explorer = explorer
        self._made: list[EditReport] = []
        self._has_rejected = self._lacks_name = False
        self._gates = 0
        self._hidden = NOTHING
        self._answers: Mapping[str, Callable[[Arguments], str | Words]] = {
            "editor": self._editor,
            **{name: partial(look, sdk, name) for name in LOOKS},
            "run_gate": self._run_gate,
            "finish": self._finish,
        }
        if explorer is not None:
            self._answers = {RUN_CODE: partial(self._run_code, explorer)}

    @property
    def finished(self) -> bool:
        """Whether the last reply said that its edits are complete, and they are."""
        return self._sdk.summary is not None and not self._has_rejected

    def answer(self, turn: Message) -> tuple[Words, tuple[ActionResult, ...]]:
        """Return the words and the results that answer a reply with calls.

        The words count what was left out of the results, too.
        """
        self._sdk.next_turn()
        self._has_rejected, self._gates = False, 0
        if self._explorer is not None:
            self._explorer.next_reply()
        words = self._land_blocks(turn.text)
        self._hidden = words.hidden
        blocks_failed = self._has_rejected
        results: list[ActionResult] = []
        waiting: list[int] = []
        characters = 0

        def make_again() -> None:
            for place in waiting:
                results[place] = self._result(turn.calls[place])
            waiting.clear()
            failed = (call for call, made in zip(turn.calls, results, strict=False) if made.failed)
            self._has_rejected = blocks_failed or any(map(_is_edit, failed))

        for number, call in enumerate(turn.calls):
            if number >= MAX_CALLS:
                no = f"one reply may hold {MAX_CALLS} calls; ask again in the next"
                result = ActionResult(call.id, no, failed=True)
            elif characters > _MAX_TURN_CHARACTERS:
                no = "the answers to this reply are too long already; ask again in the next"
                result = ActionResult(call.id, no, failed=True)
            else:
                if call.name == "finish":
                    make_again()
                self._lacks_name = False
                result = self._result(call)
                if self._lacks_name:
                    waiting.append(number)
            characters += len(result.text)
            results.append(result)
        make_again()
        return Words(words.text, self._hidden), tuple(results)

    def landed(self, reply: Reply) -> Landed:
        """Return what an attempt came to that ends with ``reply``; the next one begins after it.

        Of a reply that was cut off nothing lands: it is half a change at best.
        """
        made, self._made = tuple(self._made), []
        summary = self._sdk.summary or ""
        self._sdk.next_turn()
        if reply.stop == "actions":
            return Landed(self._working.written(), (), shortened(summary), by_calls=made)
        if reply.stop in {"length", "other"}:
            tree = self._working.written()
            return Landed(tree, (), "", was_cut_off=True, by_calls=made)
        end = land_reply(self._working, reply.message.text)
        return Landed(end.tree, end.reports, end.prose, by_calls=made)

    def unfinished(self) -> Landed:
        """Return what the calls made of an attempt that was stopped before its end."""
        return Landed(self._working.written(), (), "", by_calls=tuple(self._made))

    def close(self) -> None:
        """End the processes that read, parse and run snippets."""
        if self._explorer is not None:
            self._explorer.close()
        self._sdk.close()
        self._working.close()

    def _land_blocks(self, text: str) -> Words:
        """Land edit blocks that stand beside calls; return what to say about them."""
        reports = reports_of(self._working.land(parse(text)))
        if all(report.landed for report in reports):
            self._made += reports
            return Words(answers.blocks_applied(reports) if reports else "")
        self._has_rejected = True
        return prompts.edits_rejected(reports)

    def _result(self, call: ActionCall) -> ActionResult:
        text: str | Words
        try:
            text, failed = self._answer(call), False
        except _Unanswerable as no:
            text, failed = str(no), True
        except (QuestionRefusal, ObjectsRefusal) as no:
            text, failed = answers.refused(str(no)), True
        if isinstance(text, Words):
            self._hidden += text.hidden
            text = text.text
        # A path may hold bytes that are no text, and those cannot be sent.
        return ActionResult(call.id, text.encode("utf-8", "replace").decode(), failed=failed)

    def _answer(self, call: ActionCall) -> str | Words:
        answer = self._answers.get(call.name)
        if answer is None:
            known = ", ".join(self._answers)
            raise _Unanswerable(f"there is no action {call.name[:_MAX_NAME]!r}; there are {known}")
        wrong = complaint(_SCHEMAS[call.name], call.arguments)
        if wrong:
            raise _Unanswerable(wrong)
        return answer(call.arguments)

    def _editor(self, given: Arguments) -> str:
        command, path = given["command"], given["path"]
        missing = [name for name in _NEEDS[command] if name not in given]
        if missing:
            raise _Unanswerable(f"the command {command!r} needs the argument {missing[0]!r}")
        if command == "view":
            return view(self._sdk, path, given)
        if command == "create":
            report = self._sdk.create(path, given["file_text"])
        elif command == "str_replace":
            report = self._sdk.edit(path, given["old_str"], given.get("new_str", ""))
        else:
            text = given.get("insert_text", given.get("new_str"))  # as older models call it
            if text is None:
                raise _Unanswerable("the command 'insert' needs the argument 'insert_text'")
            report = self._sdk.insert(path, given["insert_line"], text)
        if not report.landed:
            self._lacks_name = report.how == "undefined-name"
            raise _Unanswerable(answers.edit_made(report))
        self._made.append(report)
        return answers.edit_made(report)

    def _run_gate(self, given: Arguments) -> Words:
        self._gates += 1
        if self._gates > MAX_GATES:
            raise _Unanswerable(f"one reply may run {MAX_GATES} gates; ask again in the next")
        return answers.gate_told(given["kind"], self._sdk.run_gate(given["kind"]))

    def _finish(self, given: Arguments) -> str:
        if self._has_rejected:
            raise _Unanswerable(
                "an edit of the same reply was not applied; mend it, or call finish without it"
            )
        self._sdk.finish(given["summary"])
        return "your edits are taken as complete"

    def _run_code(self, explorer: Explorer, given: Arguments) -> str:
        told = explorer.run(given["code"])
        self._made += explorer.made
        text = told.text
        if told.summary and self._has_rejected:
            text += "\nfinish() does not count: an edit block of the same reply was not applied."
        elif told.summary:
            self._sdk.finish(told.summary)
        if told.failed:
            raise _Unanswerable(text)
        return text


def actions_of(code: CodeMode | None, toolbox: Toolbox | None = None) -> tuple[Action, ...]:
    """Return what a model is offered: a snippet, or an action for each thing."""
    if code is None:
        return ACTIONS
    return (run_code(stubs() + (toolbox.stubs if toolbox else ""), code.limits),)


def toolbox_of(code: CodeMode | None, recorder: Recorder) -> Toolbox | None:
    """Return the tools of others that snippets may call in this run; close it."""
    had_some = recorder.history.offered is not None
    if code is None or (code.servers is None and not had_some):
        return None
    servers = code.servers() if code.servers is not None else NoServers()
    return Toolbox(servers, recorder, SNIPPET_NAMES)


def tools_for(
    workshop: Workshop,
    recorder: Recorder,
    tree: str,
    lane: str,
    cached: AnswerCache,
    toolbox: Toolbox | None = None,
) -> Tools:
    """Return what answers the calls of the conversation ``lane``, which begins at ``tree``."""
    shown = Shown(workshop.include, workshop.exclude)
    is_shown = chosen(shown.include, shown.exclude)
    working = WorkingTree(workshop.clone, tree, lambda path: not is_shown(path))
    sdk = Sdk(
        workshop.clone,
        working,
        lambda kind, now: asked_gate(kind, now, workshop, recorder),
        shown,
        MOST if workshop.code else None,
    )
    if workshop.code is None:
        return Tools(sdk, working)
    functions = SdkFunctions(sdk, working, cached)
    return Tools(sdk, working, Explorer(workshop.code, functions, recorder, lane, toolbox))


def _is_edit(call: ActionCall) -> bool:
    return call.name == "editor" and call.arguments.get("command") != "view"


class _Unanswerable(Exception):
    """A call that cannot be answered, with what the model should do instead."""
