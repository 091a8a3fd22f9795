"""Options go before variables, and keep to the same ranges."""

import pytest

from features.errors import InputError
from serving.commands.options import override
from serving.settings import read_settings


def test_an_option_goes_before_its_variable_and_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVING_PORT", "9000")
    monkeypatch.setenv("SERVING_WORKERS", "3")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///variable.db")
    chosen = override(read_settings(), {"port": 1, "tracking_uri": "sqlite:///option.db", "host": None})
    assert (chosen.port, chosen.workers, chosen.tracking_uri) == (1, 3, "sqlite:///option.db")
    assert override(read_settings(), {}) == read_settings()


@pytest.mark.parametrize(("name", "value"), [("port", 65_536), ("port", -1), ("workers", 0), ("workers", 65)])
def test_an_option_out_of_its_range_is_named(name: str, value: int) -> None:
    with pytest.raises(InputError, match=rf"^--{name}: Input should be (less|greater) than or equal to \d+$"):
        override(read_settings(), {name: value})
