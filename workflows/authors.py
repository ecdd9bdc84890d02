"""Whom a run asks: its models, cheapest first, each in a conversation of its own.

A conversation begins with the task and the code that was chosen for it. The next stage's begins
with the facts of the attempt that failed, too, and never with the words that led to it.
"""

from contextlib import ExitStack, closing
from dataclasses import dataclass, field

from workflows.conversation import Conversation
from workflows.dialogue import Dialogue
from workflows.ports import Model
from workflows.purse import Allowance
from workflows.quoting import Words, said
from workflows.recorder import Recorder
from workflows.sdk_functions import AnswerCache
from workflows.tool_modules import Toolbox
from workflows.tools import Tools, tools_for
from workflows.workshop import Workshop


@dataclass(slots=True)
class Author:
    """One conversation with the model ``name``, and what answers its calls.

    ``judged`` is the tree of it that gates saw last, or the one it began with.
    """

    name: str
    dialogue: Dialogue
    tools: Tools
    judged: str


@dataclass(slots=True)
class Authors:
    """The models of one run; ``stage`` counts from 0 and only grows.

    ``opening`` has no turns yet; ``words`` are the first one of every conversation. What answers
    calls is closed with ``stack``.
    """

    models: tuple[Model, ...]
    workshop: Workshop
    recorder: Recorder
    allowance: Allowance
    opening: Conversation
    words: Words
    stack: ExitStack
    stage: int = 0
    cached: AnswerCache = field(default_factory=AnswerCache)
    toolbox: Toolbox | None = None

    def candidate(self, number: int, tree: str) -> Author:
        """Begin the first stage's conversation of that number, counted from 1, on ``tree``."""
        return self._begin(f"candidate-{number}" if number > 1 else "", tree, self.words)

    def escalate(self) -> bool:
        """Go on to the next stage; False where there is none."""
        if self.stage + 1 >= len(self.models):
            return False
        self.stage += 1
        model = self.models[self.stage].name
        self.recorder.record("stage.entered", stage=self.stage + 1, model=model)
        return True

    def successor(self, tree: str, facts: Words) -> Author:
        """Begin the present stage's conversation, with what came of the one before it."""
        return self._begin(f"stage-{self.stage + 1}", tree, said(self.words, facts))

    def _begin(self, lane: str, tree: str, words: Words) -> Author:
        model = self.models[self.stage]
        dialogue = Dialogue(model, self.recorder, self.allowance, self.opening, lane)
        dialogue.say(words)
        tools = tools_for(self.workshop, self.recorder, tree, lane, self.cached, self.toolbox)
        self.stack.enter_context(closing(tools))
        return Author(model.name, dialogue, tools, tree)
