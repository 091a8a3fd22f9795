"""What a gate says, as the registry keeps it."""

from training.verdict import Check, Verdict


def test_a_verdict_is_a_yes_only_when_every_rule_holds() -> None:
    good, bad = Check("a", "1", holds=True), Check("b", "2", holds=False)
    assert Verdict((good, good)).promoted
    assert Verdict((good, bad)).as_dict() == {
        "promoted": False,
        "checks": [{"rule": "a", "found": "1", "holds": True}, {"rule": "b", "found": "2", "holds": False}],
    }
