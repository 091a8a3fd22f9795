"""Ports that are free, and where the pages of MLflow are."""

import socket

import pytest

from demo.asking import HOST
from demo.processes import Children
from demo.servers import free_port, registry_pages


def test_a_taken_port_is_left_alone() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) != port
    assert free_port(port) == port


def test_a_tracking_server_shows_its_own_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example")
    with Children() as children:
        assert registry_pages(children) == "https://mlflow.example"
