"""`python -m training` as a user types it."""

import sys
from dataclasses import dataclass

import pytest

from training.__main__ import main


@dataclass
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


class Shell:
    """Runs `python -m training` in the current folder."""

    def __init__(self, patch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]) -> None:
        self.patch = patch
        self.captured = captured

    def __call__(self, *arguments: object) -> Said:
        self.patch.setattr(sys, "argv", ["training", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self.captured.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)
