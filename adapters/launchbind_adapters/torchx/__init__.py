"""torchx: its ``AppDef`` and ``AppDryRunInfo`` as launchbind's app and dry-run info, and its schedulers.

Importing this module does not import torchx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind_adapters.lazy import lazy_exports

if TYPE_CHECKING:
    from launchbind_adapters.torchx.adapter import Adapter as Adapter
    from launchbind_adapters.torchx.aliases import TorchxConfig as TorchxConfig
    from launchbind_adapters.torchx.aliases import TorchxInfo as TorchxInfo
    from launchbind_adapters.torchx.launching import SchedulerMixin as SchedulerMixin
    from launchbind_adapters.torchx.launching import attach_app as attach_app
    from launchbind_adapters.torchx.launching import launcher as launcher
    from launchbind_adapters.torchx.launching import schedulers as schedulers
else:
    __getattr__ = lazy_exports(
        __name__,
        adapter="Adapter",
        aliases="TorchxConfig TorchxInfo",
        launching="SchedulerMixin attach_app launcher schedulers",
    )
