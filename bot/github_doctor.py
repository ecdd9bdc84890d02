"""What ``changewright doctor --github`` finds out: who may publish, and what will then run.

It only reads. What a token may write shows when it writes; here it is said which right each of our
writes needs, which switches of the repository are off, and what to click.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal
from urllib.parse import quote

from bot.adapters.github_forge.asking import Said
from bot.doctor import Check
from bot.settings import Settings, forge_token, forge_token_is_chosen
from scoping.refusal import Refusal
from workflows.branching import JOURNAL_BRANCH

TokenKind = Literal["action", "app", "installation", "person", "other"]
_OK, _FORBIDDEN, _ABSENT = 200, 403, 404
_SAMPLE_BRANCH = "changewright/issue-1-sample"
_WORKFLOW_SETTINGS = "Settings > Actions > General"
_RULES_PAGE = "Settings > Rules > Rulesets"
# What each of our reads needs, and what the same right in its writing form is for.
_RIGHTS = (
    ("contents", "git/ref/heads/{base}", "push branches below changewright/"),
    ("pull-requests", "pulls?per_page=1", "open and update pull requests"),
    ("issues", "issues?per_page=1", "read what is asked, and answer in one comment"),
    ("checks", "commits/{base}/check-runs?per_page=1", "show findings beside the commit"),
)
# Rules that keep a branch of ours from being made or moved, and what a person can do.
_HINDERING: Mapping[str, str] = {
    "creation": "spare changewright/** in the rule 'Restrict creations'",
    "update": "spare changewright/** in the rule 'Restrict updates'",
    "pull_request": "spare changewright/** in the rule 'Require a pull request before merging'",
    "required_status_checks": "spare changewright/** in the rule 'Require status checks to pass'",
    "branch_name_pattern": "let the pattern for branch names match changewright/...",
    "commit_message_pattern": "spare changewright/** in the pattern for commit messages",
    "commit_author_email_pattern": "spare changewright/** in the pattern for authors",
    "committer_email_pattern": "spare changewright/** in the pattern for committers",
}


Ask = Callable[[str], Said]


def examine_github(settings: Settings, ask: Ask) -> tuple[Check, ...]:
    """Return every check; ``ask`` reads a path below the repository ("" is the repository)."""
    kind = token_kind(settings)
    try:
        said = ask("")
        if said.status != _OK:
            return (_unseen(settings, said.status),)
        repository = said.document
        return (
            _repository(settings, repository),
            _continuous_integration(kind),
            *_switches(kind, ask),
            *_rights(str(repository.get("default_branch", "main")), ask),
            *_labels(settings, ask),
            *_waiting(settings, ask),
            *_rules(settings, ask),
            _base(str(repository.get("default_branch", "main")), ask),
        )
    except Refusal as refusal:
        return (_bad("GitHub", str(refusal), "mend that, then run: changewright doctor --github"),)


def token_kind(settings: Settings) -> TokenKind:
    """Return whose token it is, by how GitHub begins them."""
    token = forge_token()
    if settings.forge.app_id is not None:
        return "app"
    begin = token.reveal()[:11] if token else ""
    if begin.startswith("ghs_"):
        return "installation" if forge_token_is_chosen() else "action"
    is_persons = begin.startswith(("ghp_", "github_pat_", "gho_", "ghu_"))
    return "person" if is_persons else "other"


def _good(name: str, found: str) -> Check:
    return Check(name, works=True, required=True, found=found)


def _bad(name: str, found: str, mend: str) -> Check:
    return Check(name, works=False, required=True, found=found, mend=mend)


def _hint(name: str, found: str, mend: str = "") -> Check:
    """Return a check that nothing depends on; it works when there is nothing to mend."""
    return Check(name, works=not mend, required=False, found=found, mend=mend)


def _unseen(settings: Settings, status: int) -> Check:
    name = settings.forge.repository
    if status == _ABSENT:
        found = f"{name} is not there, or this token may not see it"
        return _bad("repository", found, "check forge.repository, and where the token is valid")
    if status == _FORBIDDEN:
        found = f"this token may not read {name}"
        return _bad("repository", found, "give it the permission contents: read")
    found = f"GitHub does not take this token for {name} (status {status})"
    return _bad("repository", found, "make a new token; this one may have expired")


def _repository(settings: Settings, told: Mapping[str, Any]) -> Check:
    asked, name = settings.forge.repository or "", str(told.get("full_name", ""))
    if told.get("archived"):
        found = f"{name} is archived: nothing can be written"
        return _bad("repository", found, 'Settings > "Unarchive this repository"')
    if told.get("has_issues") is False:
        found = f"{name} has no issues: nothing can be labelled"
        return _bad("repository", found, 'Settings > General > Features: tick "Issues"')
    may = told.get("permissions")
    may_push = may.get("push") if isinstance(may, Mapping) else None
    if may_push is False and not settings.forge.fork:
        found = f"{name}: this token may not push there"
        return _bad("repository", found, "give it contents: write, or set forge.fork: true")
    if name.lower() != asked.lower():
        found = f"{asked} is called {name} now"
        return _hint("repository", found, f"set forge.repository to {name}")
    return _good("repository", name)


def _continuous_integration(kind: TokenKind) -> Check:
    """Say whether CI will run on our pull requests, which is where most are disappointed."""
    if kind == "action":
        found = (
            "this is the workflow's own GITHUB_TOKEN: what it does starts no workflow, so CI will"
            " not run on a pull request of ours by itself"
        )
        mend = (
            "let an App work instead (forge.app_id and forge.private_key_file, or its token in"
            " CHANGEWRIGHT_FORGE_TOKEN); or start CI by hand: close the pull request and open it"
            " again, or push to its branch"
        )
        return _hint("CI", found, mend)
    if kind in {"app", "installation"}:
        return _hint("CI", "this is an App's token: what it does starts CI like anybody's push")
    if kind == "person":
        found = (
            "this is a person's token: CI will run, and pull requests are that person's, who can"
            " therefore not review them"
        )
        return _hint("CI", found, "an App of your own (forge.app_id) opens them under its own name")
    return _hint("CI", "whose token this is cannot be seen; CI runs unless it is a workflow's own")


def _switches(kind: TokenKind, ask: Ask) -> Iterator[Check]:
    name = "Actions"
    said = ask("actions/permissions")
    if said.status == _OK and said.document.get("enabled") is False:
        found = "GitHub Actions are switched off here: no label starts anything"
        yield _bad(name, found, f'{_WORKFLOW_SETTINGS}: "Allow all actions", or select them')
    elif said.status == _OK:
        allowed = said.document.get("allowed_actions", "all")
        only_some = allowed != "all"
        found = f"switched on; allowed actions: {allowed}"
        mend = f"{_WORKFLOW_SETTINGS}: allow changewright's action and those it uses"
        yield _hint(name, found, mend if only_some else "")
    name = "may open"
    switch = '"Allow GitHub Actions to create and approve pull requests"'
    said = ask("actions/permissions/workflow")
    if said.status != _OK:
        found = f"not to be seen with this token (it needs administration: read): {switch}"
        look = f"look at {_WORKFLOW_SETTINGS} > Workflow permissions"
        yield _hint(name, found, look if kind in {"action", "other"} else "")
    elif said.document.get("can_approve_pull_request_reviews") is True:
        yield _good(name, f"{switch} is on; changewright opens, and approves nothing")
    elif kind in {"action", "other"}:
        found = f"{switch} is off: the workflow's own token may not open a pull request"
        mend = f"{_WORKFLOW_SETTINGS} > Workflow permissions: tick {switch}"
        yield _bad(name, found, f"{mend} (in an organisation its owner may have to, first)")
    else:
        yield _hint(name, f"{switch} is off, and an App or a person does not need it")


def _rights(base: str, ask: Ask) -> Iterator[Check]:
    for right, path, purpose in _RIGHTS:
        said = ask(path.format(base=quote(base, safe="")))
        if said.status == _OK:
            yield _hint(right, f"may be read; to {purpose}, the token needs {right}: write")
        else:
            found = f"may not be read (status {said.status}); {right}: write is needed to {purpose}"
            mend = f"give the token {right}: write (in a workflow: permissions: of that job)"
            yield _bad(right, found, mend)


def _labels(settings: Settings, ask: Ask) -> Iterator[Check]:
    wanted = dict.fromkeys((settings.trigger.label, *settings.pull_request.labels))
    missing = [label for label in wanted if ask(f"labels/{quote(label, safe='')}").status != _OK]
    if missing:
        named = ", ".join(repr(label) for label in missing)
        found = f"there is no label {named}"
        yield _bad("labels", found, f"Issues > Labels > New label: {named}")
    else:
        yield _good("labels", f"{', '.join(map(repr, wanted))}: there")


def _waiting(settings: Settings, ask: Ask) -> Iterator[Check]:
    """Name the issues whose label nobody answered: GitHub delivers a lost event to nobody again."""
    label = settings.trigger.label
    said = ask(f"issues?state=open&per_page=100&labels={quote(label, safe='')}")
    if said.status != _OK or not isinstance(said.document, list):
        return  # that issues may not be read is said with the rights
    issues = [one for one in said.document if isinstance(one, Mapping) and "number" in one]
    waiting = [f"#{one['number']}" for one in issues if not one.get("pull_request")]
    if waiting and settings.trigger.remove_label:
        found = f"{label!r} still stands on {', '.join(waiting)}, and a run takes it off at once"
        mend = "where no run has just begun the event was lost: take the label off, set it again"
        yield _hint("lost labels", found, mend)


def _rules(settings: Settings, ask: Ask) -> Iterator[Check]:
    for branch in (_SAMPLE_BRANCH, JOURNAL_BRANCH):
        said = ask(f"rules/branches/{quote(branch, safe='')}")
        name = "branch rules" if branch == _SAMPLE_BRANCH else "journal rules"
        if said.status != _OK or not isinstance(said.document, list):
            found_out = f"not to be seen for {branch} (status {said.status})"
            yield _hint(name, found_out, f"look at {_RULES_PAGE}")
            continue
        types = [str(rule.get("type")) for rule in said.document if isinstance(rule, Mapping)]
        found = [_HINDERING[one] for one in dict.fromkeys(types) if one in _HINDERING]
        if "required_signatures" in types and not settings.forge.sign_commits:
            found.append("set forge.sign_commits: true, since commits must be signed")
        if found:
            hinder = ", ".join(one for one in dict.fromkeys(types))
            yield _bad(
                name, f"{hinder}: a push to {branch} would be refused", f"{_RULES_PAGE}: {found[0]}"
            )
        else:
            yield _good(name, f"nothing keeps us from pushing to {branch}")


def _base(base: str, ask: Ask) -> Check:
    """Say whether the base branch is protected from everybody, us included."""
    said = ask(f"rules/branches/{quote(base, safe='')}")
    rules = said.document if isinstance(said.document, list) else []
    reviewed = any(isinstance(one, Mapping) and one.get("type") == "pull_request" for one in rules)
    branch = ask(f"branches/{quote(base, safe='')}")
    is_protected = isinstance(branch.document, Mapping) and branch.document.get("protected")
    if reviewed or is_protected:
        return _hint("base branch", f"{base} is protected; changewright never merges by itself")
    found = f"{base} is not protected: whoever holds a token with contents: write may push to it"
    return _hint("base branch", found, f"{_RULES_PAGE}: require a pull request for {base}")
