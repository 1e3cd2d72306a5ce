"""Plans for remote services: they show what is sent, here to a server on loopback instead of the service.

The services themselves cannot run here; their answers below are the few fields that NeMo-Run reads.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import nemo_run as run
import pytest
import yaml
from nemo_run.core.execution.dgxcloud import DGXCloudExecutor
from nemo_run.core.execution.kubeflow import KubeflowExecutor
from nemo_run.run.torchx_backend.schedulers.dgxcloud import DGXRequest
from torchx.specs import AppDef, Role

from launchbind_adapters.nemo_run import launcher

if TYPE_CHECKING:
    from collections.abc import Iterator

# See the fixture: the pipes that invoke leaves open warn until they are collected.
pytestmark = [
    pytest.mark.usefixtures("invoked"),
    pytest.mark.filterwarnings("ignore:(unclosed file|subprocess .* is still running):ResourceWarning"),
]

APP = AppDef("greet", roles=[Role("main", image="", entrypoint="echo", args=["hello"])])
ANSWERS: dict[str, object] = {
    "token": {"accessToken": "-"},
    "projects": {"projects": [{"name": "team", "id": "17", "clusterId": "4"}]},
    "trainings": {"workloadId": "99", "actualPhase": "Pending"},
    "trainjobs": {},
}


class Service:
    """A server that keeps each posted body under the last part of its path."""

    def __init__(self) -> None:
        self.posted: dict[str, object] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(ANSWERS[self.path.partition("?")[0].rpartition("/")[2]]).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"]))
                service.posted[self.path.partition("?")[0].rpartition("/")[2]] = json.loads(sent)
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def service() -> Iterator[Service]:
    """A running service for one test."""
    made = Service()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def section(text: str, title: str) -> str:
    """The section of a rendered plan with this title."""
    [found] = [part for part in f"\n{text}".split("\n# ") if part.startswith(f"{title}\n")]
    return found.partition("\n")[2]


def test_a_dgx_cloud_plan_shows_the_scripts_and_the_workload_that_are_sent(
    service: Service, tmp_path: Path
) -> None:
    """Both scripts are the submitted ones; in the workload, only the project's ids are placeholders."""
    executor = DGXCloudExecutor(
        base_url=service.url,
        kube_apiserver_url=service.url,
        client_id="id",
        client_secret="-",
        project_name="team",
        container_image="busybox",
        pvc_nemo_run_dir=str(tmp_path),
        pvcs=[{"path": str(tmp_path)}],
        launched_from_cluster=True,  # without copying to a volume first
        packager=run.Packager(),
        env_vars={"MODE": "fast"},
    )
    with launcher() as jobs:
        plan = jobs.plan(APP, executor)
        shown = plan.render()
        assert service.posted == {}
        jobs.submit(plan)
    planned = plan.request_as(DGXRequest).executor
    for script, folder in (
        ("torchrun_job.sh", planned.experiment_dir),
        ("launch_script.sh", planned.job_dir),
    ):
        assert section(shown, script).strip() == Path(folder, script).read_text().strip()
    workload = section(shown, f"POST {service.url}/workloads/trainings")
    workload = workload.replace("<project id>", "17").replace("<cluster id>", "4")
    assert json.loads(workload) == service.posted["trainings"]
    assert "echo hello" in shown


# kubernetes (the version that works with the urllib3 torchx pins) calls what that urllib3 deprecates.
@pytest.mark.filterwarnings("ignore:HTTPResponse.getheader:DeprecationWarning")
def test_a_kubeflow_plan_shows_the_manifest_that_is_sent(service: Service, kubeconfig: Path) -> None:
    """The manifest is exactly the same, including the random digits of the job's name."""
    pytest.importorskip("kubernetes")
    kubeconfig.write_text(kubeconfig.read_text().replace("http://127.0.0.1:9", service.url))
    executor = KubeflowExecutor(image="busybox", packager=run.Packager(), env_vars={"MODE": "fast"})
    with launcher() as jobs:
        plan = jobs.plan(APP, executor)
        shown = plan.render()
        assert service.posted == {}
        jobs.submit(plan)
    assert yaml.safe_load(section(shown, "manifest")) == service.posted["trainjobs"]
    assert "hello" in shown
