"""Plan: a dry run that can be read, compared and submitted."""

from __future__ import annotations

import threading
from hashlib import sha256
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from launchbind.errors import PlanError
from launchbind.planning.canonical import canonical, dump
from launchbind.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from launchbind.handle import Handle
    from launchbind.protocols import App
    from launchbind.redaction import Json

AppT_co = TypeVar("AppT_co", covariant=True)
InfoT_co = TypeVar("InfoT_co", covariant=True)
RequestT = TypeVar("RequestT")

SCHEMA = 1
"""Version of the JSON that :meth:`Plan.to_json` writes."""


class Plan(Generic[AppT_co, InfoT_co]):
    """What a scheduler would submit; made by :meth:`Launcher.plan`, submitted by :meth:`Launcher.submit`.

    A plan is covariant: any plan is a ``Plan[object, object]``.

    Parameters
    ----------
    backend, app, info, origin, volatile
        As the attributes of these names.
    redactor
        Knows the secrets of executor and app; the plan adds those of the request. A new one by default.

    Attributes
    ----------
    backend
        The registered name of the scheduler.
    origin
        What the backend was bound to, and in which bindings: see :meth:`Bindings.origin`. A launcher for
        which that is not the same refuses the plan.
    fingerprint
        sha256, in hex, of backend and canonical request: equal for equal plans, in any process.
    handle
        The job's handle, None until the plan is submitted.
    redactor
        Hides every secret that the plan knows.
    volatile
        Values that this dry run made anew, each with the placeholder that replaces it in fingerprints,
        JSON and diffs.
    """

    def __init__(
        self,
        backend: str,
        app: AppT_co,
        info: InfoT_co,
        *,
        origin: object = None,
        redactor: Redactor | None = None,
        volatile: Mapping[str, str] | None = None,
    ) -> None:
        self.backend = backend
        self._app = app
        self._info = info
        self.origin = origin
        self.handle: Handle | None = None
        self.redactor: Redactor = redactor or Redactor()
        self.volatile: Mapping[str, str] = dict(volatile or {})
        self._submitting = threading.Lock()
        request = self._request()
        self.redactor.learn(request)
        self.fingerprint: str = self._fingerprint(request)

    @property
    def app(self) -> AppT_co:
        """The planned copy of the app."""
        return self._app

    @property
    def info(self) -> InfoT_co:
        """The scheduler's own dry-run info, unredacted."""
        return self._info

    @property
    def app_name(self) -> str:
        """The name of the app."""
        return cast("App", self._app).name

    def request_as(self, kind: type[RequestT]) -> RequestT:
        """What the scheduler would submit, if it is of a type.

        Where ``plan`` was given a backend's name or none, checkers do not know the type of ``info``; this
        tells them.

        Parameters
        ----------
        kind
            The class of the request.

        Raises
        ------
        PlanError
            When the request is of another class.
        """
        request: object = getattr(self.info, "request", self.info)
        if not isinstance(request, kind):
            found, wanted = type(request).__qualname__, kind.__qualname__
            raise PlanError(self.app_name, f"has a request of type {found} on {self.backend}, not {wanted}")
        return request

    def current_fingerprint(self) -> str:
        """The fingerprint of the request as it is now; it differs from ``fingerprint`` after a change."""
        return self._fingerprint(self._request())

    def submit_once(self, submit: Callable[[], Handle]) -> Handle:
        """Submit the plan unless that was done, or it was changed; one thread at a time.

        :meth:`Launcher.submit` calls this; it is no way around the launcher. When ``submit`` raises, the plan
        can be submitted again.

        Raises
        ------
        PlanError
            When the plan was submitted before, or changed since it was made; ``submit`` is not called.
        """
        with self._submitting:
            if self.handle is not None:
                raise PlanError(self.app_name, f"was submitted already, as {self.handle}: plan it again")
            if self.current_fingerprint() != self.fingerprint:
                raise PlanError(self.app_name, "was changed after it was planned: plan it again")
            self.handle = submit()
            return self.handle

    def render(self, redact: bool = True) -> str:
        """The whole request as the scheduler shows it: script, command line or YAML.

        Parameters
        ----------
        redact
            Hide the values of secret-looking names, wherever they appear.
        """
        text = str(self.info)
        return self.redactor.text(text) if redact else text

    def to_json(self, redact: bool = True) -> str:
        """The plan as JSON with sorted keys: schema, backend, app, fingerprint, request.

        Equal plans give equal JSON: volatile values are shown as their placeholders.

        Parameters
        ----------
        redact
            Hide the values of secret-looking names, wherever they appear.
        """
        request = self._request()
        text = dump(
            {
                "schema": SCHEMA,
                "backend": self.backend,
                "app": self.redactor.text(self.app_name) if redact else self.app_name,
                "fingerprint": self.fingerprint,
                "request": self.redactor.tree(request) if redact else request,
            },
            indent=2,
        )
        return _mask_volatile(text, self.volatile)

    def diff(self, other: Plan[object, object]) -> str:
        """A unified, redacted diff from this plan to ``other``; empty when they are the same."""
        from difflib import unified_diff

        def hidden(text: str) -> str:
            # By both redactors: a secret that only one plan knows may appear in the other.
            return other.redactor.text(self.redactor.text(text))

        plans = (self, other)
        texts = (_mask_volatile(plan.render(redact=False), plan.volatile) for plan in plans)
        old, new = (hidden(text).splitlines() for text in texts)
        old_name, new_name = (hidden(f"{plan.backend}/{plan.app_name}") for plan in plans)
        return "\n".join(unified_diff(old, new, old_name, new_name, lineterm=""))

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        name = self.redactor.text(self.app_name)
        return f"<Plan of app {name!r} on {self.backend}, {self.fingerprint[:12]}>"

    def _request(self) -> Json:
        return canonical(getattr(self._info, "request", self._info))

    def _fingerprint(self, request: Json) -> str:
        text = _mask_volatile(dump([self.backend, request]), self.volatile)
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()  # os.environ may hold surrogates


def _mask_volatile(text: str, volatile: Mapping[str, str]) -> str:
    """Replace each volatile value by its placeholder."""
    for value, placeholder in volatile.items():
        text = text.replace(value, placeholder)
    return text
