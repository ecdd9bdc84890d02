"""What a publisher says on a forge with people: made from the bundle anew, never taken from it."""

from collections.abc import Sequence
from functools import partial

from bot.wiring import Bench
from validators.checkout import line_counts, read_file
from workflows.hosted import Circumstances, Hosted, Requester
from workflows.press import Press, Published
from workflows.proposal import Bundle, BundleRefusal
from workflows.pull_request import PullRequest
from workflows.threads import ThreadAnswer
from workflows.tracker import CheckRun


def hosted_of(bench: Bench, requester: Requester | None, *, was_verified: bool) -> Hosted | None:
    """Return what publishing adds on the bench's forge; None where nobody but us is on it."""
    tracker = bench.tracker
    if tracker is None:
        return None
    return Hosted(
        tracker,
        words=lambda bundle, about: _words(bench, bundle, about),
        check=_check,
        owners=lambda paths: _owners(bench, paths),
        requester=requester,
        was_verified=was_verified,
    )


def answers_out(bundle: Bundle, published: Published, press: Press) -> tuple[ThreadAnswer, ...]:
    """Answer the threads that a published revision was about; return what was answered."""
    answers, pull_request = bundle.proposal.answers, published.pull_request
    if not answers or pull_request is None:
        return ()
    from bot.pages.threads import answer_text  # noqa: PLC0415 - keeps --help fast
    from workflows.answer_threads import answer_threads  # noqa: PLC0415 - as above
    from workflows.recorder import Recorder, leased  # noqa: PLC0415 - as above

    run = bundle.proposal.run
    with leased(press.journal, run, f"answers {run}") as pen:
        recorder = Recorder(press.journal, pen, press.observe)
        worded = partial(answer_text, head=published.head)
        return answer_threads(pull_request.number, answers, press.forge, recorder, worded)


def _words(bench: Bench, bundle: Bundle, about: Circumstances) -> tuple[str, str]:
    from bot.pages.pull_request import pull_request_text  # noqa: PLC0415 - keeps --help fast

    evidence = bundle.evidence
    if evidence is None:
        raise BundleRefusal("the bundle holds no evidence; there is nothing to show")
    changed = line_counts(bench.clone, evidence.base_tree, evidence.applied_tree)
    prefix = bench.settings.pull_request.title_prefix
    text = pull_request_text(bundle.proposal, evidence, changed, prefix, about)
    return text.title, text.body


def _check(bundle: Bundle, pull_request: PullRequest) -> CheckRun:
    from bot.pages.check_run import check_run_of  # noqa: PLC0415 - as above

    return check_run_of(bundle.proposal, bundle.evidence, pull_request.url)


def _owners(bench: Bench, paths: Sequence[str]) -> tuple[str, ...]:
    from workflows.code_owners import PLACES, owners_of  # noqa: PLC0415 - as above

    clone = bench.clone
    for place in PLACES:
        found = read_file(clone, clone.base_tree, place)
        if found is not None:
            return owners_of(found[1], paths)
    return ()
