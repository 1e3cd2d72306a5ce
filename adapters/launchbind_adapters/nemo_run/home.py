"""Where NeMo-Run keeps its files, found without importing nemo_run."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def nemorun_home() -> Path:
    """NeMo-Run's home folder, as ``nemo_run.config.get_nemorun_home`` says (nemo_run/config.py, 0.11.1).

    Once that module is imported, ``set_nemorun_home`` may have changed the folder, so it is asked. Before,
    the variable ``NEMORUN_HOME`` counts, and by default it is ``~/.nemo_run``.
    """
    config = sys.modules.get("nemo_run.config")
    if config is not None and hasattr(config, "get_nemorun_home"):  # while it is imported, it has not
        return Path(config.get_nemorun_home())
    return Path(os.environ.get("NEMORUN_HOME", os.path.expanduser("~/.nemo_run")))
