"""Registry: names and classes, each found by the other, and classes imported when they are needed.

To read it from the top, in this order:

1. :mod:`.registry`: ``Registry``, the public class.
2. :mod:`.entry`: ``Entry``, what a registry knows about one name.
3. :mod:`.table`: the state, its indexes, and how readers and writers share it without a read lock.
4. :mod:`.writing`: which bindings may be made, and which older ones give way.
5. :mod:`.lookup`: reading: the MRO, discovery on the first miss, imports on demand.
6. :mod:`.views`: ``by_name`` and ``by_type``, two mappings over one state.
7. :mod:`.importing`, :mod:`.discovery`: importing one target; reading the entry points of a group.
8. :mod:`.reference`, :mod:`.checks`, :mod:`.caller`: ``module:Qual.Name``, what may be registered, and the
   place in the source that a registration comes from.

Other packages use what is imported here and nothing else.
"""

from __future__ import annotations

from launchbind.registry.entry import Entry as Entry
from launchbind.registry.entry import EntryState as EntryState
from launchbind.registry.importing import import_target as import_target
from launchbind.registry.reference import absent_package as absent_package
from launchbind.registry.reference import parse as parse_reference
from launchbind.registry.registry import Registry as Registry

__all__ = [
    "Entry",
    "EntryState",
    "Registry",
    "absent_package",
    "discover",
    "import_target",
    "parse_reference",
]

TYPE_CHECKING = False  # as checkers read it
if TYPE_CHECKING:
    from launchbind.registry.discovery import discover as discover
else:  # or checkers would take any name for one that exists

    def __getattr__(name: str) -> object:
        if name != "discover":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from launchbind.registry.discovery import discover  # imports re, which no registry needs

        return discover
