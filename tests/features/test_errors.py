"""What a person can mend ends a command in one sentence; what is a bug does not."""

import errno

import pytest

from features.errors import InputError, one_sentence


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (InputError("give a file"), "error: give a file\n"),
        (
            PermissionError(errno.EACCES, "Permission denied", "closed/x"),
            "error: closed/x is closed to this user (Permission denied): run as one who may use it\n",
        ),
    ],
)
def test_it_is_one_line_and_exit_code_2(
    fault: Exception, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, one_sentence():
        raise fault
    assert ended.value.code == 2
    assert capsys.readouterr() == ("", sentence)


@pytest.mark.parametrize("fault", [KeyError(), PermissionError(errno.EPERM, "of a socket")])
def test_what_nobody_can_mend_so_is_raised(fault: Exception) -> None:
    with pytest.raises(type(fault)), one_sentence():
        raise fault


def test_without_a_fault_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with one_sentence():
        result = 1
    assert (result, capsys.readouterr()) == (1, ("", ""))
