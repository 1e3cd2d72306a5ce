"""The types that a torchx launcher is made of, as aliases; importing this module imports torchx."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from torchx.specs import AppDryRunInfo, CfgVal

#: A run config: option to value.
TorchxConfig: TypeAlias = Mapping[str, CfgVal]
#: A dry-run info. torchx declares submit_dryrun as AppDryRunInfo[Any] itself, and nothing narrower is true
#: of all its schedulers.
TorchxInfo: TypeAlias = AppDryRunInfo[Any]
