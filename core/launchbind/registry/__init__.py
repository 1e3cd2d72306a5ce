"""Registry: names and classes, each found by the other, and classes imported when they are needed.

Read :mod:`~launchbind.registry.registry` first, then :mod:`~launchbind.registry.table`.
"""

from __future__ import annotations

from launchbind.registry.entry import Entry as Entry
from launchbind.registry.entry import EntryState as EntryState
from launchbind.registry.registry import Registry as Registry
