"""Checks: what adapters report to ``launchbind doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind.adapter import program

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_program_on_path_is_no_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is reported about a program that is there, and the fix for one that is not."""
    tool = tmp_path / "sbatch"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program("slurm", "sbatch", "to submit", "install it") is None
    absent = program("slurm", "squeue", "to look", "install it")
    assert absent is not None
    assert (absent.subject, absent.state, absent.fix) == ("slurm", "missing", "install it")
    assert "squeue is not on PATH" in absent.detail
