"""The costs of letting a call in are told for every reader and every judgement."""

import pytest
from click.testing import CliRunner

from benchmarks import admission


def test_every_cost_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "CALLS", 3)
    monkeypatch.setattr(admission, "ROUNDS", 1)
    printed = CliRunner().invoke(admission.main)
    assert printed.exit_code == 0
    for name in ("read by h11", "read by httptools with bounds", "let in by one of several", "refused"):
        assert name in printed.output
