"""Questions to the service, and what a refusal becomes."""

from pathlib import Path

import pytest

from demo.asking import ask
from features.errors import InputError
from features.store import publish_sqlite
from tests.demo.conftest import Start
from tests.serving.tiny import INFO, ROWS, release_into


def test_a_refusal_of_the_service_is_told(start: Start, tmp_path: Path) -> None:
    release_into(tmp_path / "release", "1")
    publish_sqlite(tmp_path / "online.sqlite", INFO, ROWS)
    service = start()
    with pytest.raises(InputError, match=r"with 404: No customer with this id"):
        ask(service, "/v1/customers/nobody/churn")
