"""Where NeMo-Run keeps its files, found without importing it."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def nemorun_home() -> Path:
    """NeMo-Run's folder, as ``nemo_run.config.get_nemorun_home`` (0.11.1) tells it.

    nemo_run reads ``$NEMORUN_HOME`` when it is imported, and ``set_nemorun_home`` may change what it has
    read. So an imported nemo_run is asked; else the variable counts, by default ``~/.nemo_run``.
    """
    config = sys.modules.get("nemo_run.config")
    if config is not None:
        home: str = config.get_nemorun_home()
        return Path(home)
    return Path(os.environ.get("NEMORUN_HOME", Path.home() / ".nemo_run"))
