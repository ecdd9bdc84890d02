import pytest

from workflows.plan import NO_PLAN, Plan, plan_in


def test_a_plan_is_what_a_reply_begins_with() -> None:
    text = "\nPLAN:\n1. Split it\n\n 2) Mend it\n- Say so\nThe first step:\n4. not this\n"

    assert plan_in([text]) == Plan(("Split it", "Mend it", "Say so"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I have a PLAN:\n1. a\n2. b",
        "words\nPLAN:\n1. a\n2. b",
        "PLAN:\n1. only one",
        "PLAN:\nfirst this\nthen that",
        "PLAN:\n" + "1. step\n" * 7,
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert plan_in([text]) == NO_PLAN


def test_the_first_reply_of_an_attempt_that_has_one_counts() -> None:
    texts = ["Let me look.", "PLAN:\n1. a\n2. b", "PLAN:\n1. c\n2. d", "Done."]

    assert plan_in(texts) == Plan(("a", "b"))


def test_a_step_of_any_length_is_kept_short() -> None:
    assert [len(step) for step in plan_in([f"PLAN:\n1. {'a' * 999}\n2. b"]).steps] == [300, 1]


def test_a_plan_is_made_step_by_step() -> None:
    plan = Plan(("a", "b"))

    assert (plan.present, plan.left) == ("a", 2)
    assert (plan.advanced.present, plan.advanced.left) == ("b", 1)
    assert (plan.advanced.advanced.present, plan.advanced.advanced.left) == ("", 0)
    assert (NO_PLAN.present, NO_PLAN.left, NO_PLAN.advanced.left) == ("", 1, 0)
