"""What the service may not read, as a publish under another user leaves it, is told and taken up when it may."""

from pathlib import Path

import pytest

from serving.release import CURRENT
from tests.serving.places import publish_full, settings_in
from tests.serving.reliability.disks import WITHOUT_ROOTS_RIGHTS
from tests.serving.running import Process


@pytest.mark.parametrize("what", ["store", "pointer of the release"])
def test_it_starts_without_and_goes_on_when_it_may(tmp_path: Path, what: str) -> None:
    settings = settings_in(tmp_path)
    publish_full(settings)
    file = settings.store if what == "store" else settings.release / CURRENT
    mode = file.stat().st_mode
    file.chmod(0)
    with Process(tmp_path, *WITHOUT_ROOTS_RIGHTS) as service:
        (refused,) = [line for line in service.lines if line["event"] == "refused"]
        assert "Permission denied" in refused["reason"]
        assert str(file) in refused["reason"]
        assert service.client.get("/readyz").status_code == 503
        file.chmod(mode)
        service.wait_for("serving")
        assert service.client.get("/readyz").status_code == 200
