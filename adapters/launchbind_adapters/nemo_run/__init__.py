"""NeMo-Run: its executors as a registry, its schedulers behind a launcher.

Importing this module imports neither nemo_run nor torchx: every executor is a lazy entry, imported
when a job needs it. ``EXECUTOR_MAPPING``, ``REVERSE_EXECUTOR_MAPPING``, ``get_executor_str`` and
``SchedulerMixin`` replace the names of ``nemo_run.run.torchx_backend.schedulers.api`` (0.11.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind_adapters.lazy import lazy_exports

if TYPE_CHECKING:
    from launchbind_adapters.nemo_run.adapter import Adapter as Adapter
    from launchbind_adapters.nemo_run.bindings import BINDINGS as BINDINGS
    from launchbind_adapters.nemo_run.bindings import DGX_CLOUD as DGX_CLOUD
    from launchbind_adapters.nemo_run.bindings import DOCKER as DOCKER
    from launchbind_adapters.nemo_run.bindings import EXECUTORS as EXECUTORS
    from launchbind_adapters.nemo_run.bindings import KUBEFLOW as KUBEFLOW
    from launchbind_adapters.nemo_run.bindings import LEPTON as LEPTON
    from launchbind_adapters.nemo_run.bindings import LOCAL as LOCAL
    from launchbind_adapters.nemo_run.bindings import SKYPILOT as SKYPILOT
    from launchbind_adapters.nemo_run.bindings import SKYPILOT_JOBS as SKYPILOT_JOBS
    from launchbind_adapters.nemo_run.bindings import SLURM as SLURM
    from launchbind_adapters.nemo_run.executors import EXECUTOR_MAPPING as EXECUTOR_MAPPING
    from launchbind_adapters.nemo_run.executors import REVERSE_EXECUTOR_MAPPING as REVERSE_EXECUTOR_MAPPING
    from launchbind_adapters.nemo_run.executors import Support as Support
    from launchbind_adapters.nemo_run.executors import get_executor_str as get_executor_str
    from launchbind_adapters.nemo_run.executors import register as register
    from launchbind_adapters.nemo_run.launching import SchedulerMixin as SchedulerMixin
    from launchbind_adapters.nemo_run.launching import launcher as launcher
    from launchbind_adapters.nemo_run.patches import InstallError as InstallError
    from launchbind_adapters.nemo_run.patches import install as install
    from launchbind_adapters.nemo_run.patches import installed as installed
    from launchbind_adapters.nemo_run.patches import uninstall as uninstall
else:
    __getattr__ = lazy_exports(
        __name__,
        adapter="Adapter",
        bindings="BINDINGS DGX_CLOUD DOCKER EXECUTORS KUBEFLOW LEPTON LOCAL SKYPILOT SKYPILOT_JOBS SLURM",
        executors="EXECUTOR_MAPPING REVERSE_EXECUTOR_MAPPING Support get_executor_str register",
        launching="SchedulerMixin launcher",
        patches="InstallError install installed uninstall",
    )
