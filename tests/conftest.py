"""What holds for all tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _files_settle_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were just written are looked at twice within two milliseconds: thousands of builds follow a write."""
    monkeypatch.setattr("qabot.index.settling.SETTLING_S", 0.002)
