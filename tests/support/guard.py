"""The time limit of tests that could hang."""

from __future__ import annotations

#: Seconds. It only ends a test that hangs; nothing that works takes that long.
GUARD_SECONDS = 300
