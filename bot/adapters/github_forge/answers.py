"""What GitHub answers, cut to what is used: a field that is missing here is an answer not trusted.

A write to a repository that was renamed answers with neither error nor number; here that is seen.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account, or an App."""

    login: str


@dataclass(frozen=True, slots=True)
class Parent:
    """The repository that a fork was made of."""

    full_name: str


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the token may do in a repository, as far as GitHub says."""

    push: bool = False


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository under its present name."""

    full_name: str
    default_branch: str = "main"
    archived: bool = False
    parent: Parent | None = None
    permissions: Permissions | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference points at."""

    sha: str
    type: str = "commit"


@dataclass(frozen=True, slots=True)
class Reference:
    """A branch, as git names it."""

    ref: str
    object: Target


@dataclass(frozen=True, slots=True)
class Made:
    """A git object that was made through the API."""

    sha: str


@dataclass(frozen=True, slots=True)
class GitCommit:
    """A commit as git knows it."""

    sha: str
    tree: Made
    parents: tuple[Made, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """A label of an issue."""

    name: str


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue or a pull request."""

    number: int
    title: str
    state: str
    html_url: str
    user: User | None = None
    body: str | None = None
    labels: tuple[Label, ...] = ()
    pull_request: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment in the talk below an issue."""

    id: int
    created_at: str
    updated_at: str
    html_url: str = ""
    user: User | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """The head or the base of a pull request; ``repo`` is None once a fork is deleted."""

    ref: str
    sha: str
    repo: Parent | None = None


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request."""

    number: int
    node_id: str
    state: str
    title: str
    html_url: str
    created_at: str
    head: Side
    base: Side
    draft: bool = False
    merged_at: str | None = None
    closed_at: str | None = None
    merge_commit_sha: str | None = None
    user: User | None = None
    body: str | None = None
    labels: tuple[Label, ...] = ()
    requested_reviewers: tuple[User, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Review:
    """A review that a person submitted."""

    id: int
    state: str
    body: str | None = None
    user: User | None = None
    submitted_at: str = ""
    author_association: str = "NONE"


@dataclass(frozen=True, slots=True)
class ReviewComment:
    """Words of a review at a line."""

    id: int
    path: str
    body: str
    pull_request_review_id: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """What somebody may do; ``permission`` folds what ``role_name`` tells apart."""

    role_name: str
    permission: str


@dataclass(frozen=True, slots=True)
class CheckOutput:
    """What a check run says."""

    title: str | None = None
    summary: str | None = None
    annotations_count: int = 0


@dataclass(frozen=True, slots=True)
class CheckSuite:
    """The check runs that one App made at one occasion; a run of a workflow has one."""

    id: int


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check run of ours or of another App."""

    id: int
    name: str
    html_url: str | None = None
    external_id: str | None = None
    conclusion: str | None = None
    output: CheckOutput = CheckOutput()
    status: str = "completed"
    check_suite: CheckSuite | None = None


@dataclass(frozen=True, slots=True)
class CheckRuns:
    """The check runs beside a commit."""

    check_runs: tuple[CheckRun, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """A file at a commit; ``content`` is in base64, with line ends in it."""

    type: str
    encoding: str
    content: str


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """A run of the workflow in the file at ``path``."""

    path: str
    check_suite_id: int | None = None


@dataclass(frozen=True, slots=True)
class WorkflowRuns:
    """The runs of workflows on a commit, newest first."""

    workflow_runs: tuple[WorkflowRun, ...]


@dataclass(frozen=True, slots=True)
class WorkflowRunStatus:
    """How far a run of a workflow is; ``status`` is null where GitHub has not decided yet."""

    status: str | None


@dataclass(frozen=True, slots=True)
class Origin:
    """The workflow run that an artifact is of."""

    id: int
    repository_id: int
    head_repository_id: int
    head_branch: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a workflow run handed on; GitHub names it for some time after it is gone."""

    name: str
    size_in_bytes: int
    expired: bool
    workflow_run: Origin | None = None


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The artifacts of one workflow run, newest first."""

    artifacts: tuple[Artifact, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one commit stands to another."""

    status: str


@dataclass(frozen=True, slots=True)
class AppToken:
    """A token minted for one installation; it holds for an hour."""

    token: str = field(repr=False)
    expires_at: str


@dataclass(frozen=True, slots=True)
class Installation:
    """Where an App is installed."""

    id: int


@dataclass(frozen=True, slots=True)
class AppName:
    """An App, by the name its comments bear with ``[bot]`` behind it."""

    slug: str
