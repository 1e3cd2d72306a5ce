"""Plan: a dry run that can be read, compared and submitted."""

from __future__ import annotations

import threading
from hashlib import sha256
from typing import TYPE_CHECKING, Generic, TypeVar

from launchbind.planning.canonical import canonical, dump
from launchbind.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launchbind.handle import Handle
    from launchbind.protocols import App
    from launchbind.redaction import Json

InfoT = TypeVar("InfoT")

SCHEMA = 1
"""Version of the JSON that :meth:`Plan.to_json` writes."""


class Plan(Generic[InfoT]):
    """What a scheduler would submit; made by :meth:`Launcher.plan`, submitted by :meth:`Launcher.submit`.

    Attributes
    ----------
    backend
        The registered name of the scheduler.
    app
        The planned copy of the app.
    info
        The scheduler's own dry-run info, unredacted.
    fingerprint
        sha256, in hex, of backend and canonical request: equal for equal plans, in any process.
    handle
        The job it became, None until it is submitted.
    """

    def __init__(
        self,
        backend: str,
        app: App,
        info: InfoT,
        *,
        redactor: Redactor | None = None,
        volatile: Mapping[str, str] | None = None,
    ) -> None:
        self.backend = backend
        self.app = app
        self.info = info
        self.handle: Handle | None = None
        #: Held while the plan is being submitted, so that it cannot be submitted twice at once.
        self.submitting: threading.Lock = threading.Lock()
        self._volatile = dict(volatile or {})
        self._redactor = redactor or Redactor()  # the one given knows the secrets of app and executor
        request = self._request()
        self._redactor.learn(request)
        self.fingerprint: str = self._fingerprint(request)

    def current_fingerprint(self) -> str:
        """The fingerprint of the request as it is now; another one than ``fingerprint`` if it was changed."""
        return self._fingerprint(self._request())

    def render(self, redact: bool = True) -> str:
        """The whole request as the scheduler shows it: script, command line or YAML.

        Parameters
        ----------
        redact
            Hide the values of secret-looking names, wherever they appear.
        """
        text = str(self.info)
        return self._redactor.text(text) if redact else text

    def to_json(self, redact: bool = True) -> str:
        """The plan as JSON with sorted keys: schema, backend, app, fingerprint, request.

        Equal plans give equal JSON: values made anew in every dry run are shown as placeholders.
        """
        request = self._request()
        text = dump(
            {
                "schema": SCHEMA,
                "backend": self.backend,
                "app": self._redactor.text(self.app.name) if redact else self.app.name,
                "fingerprint": self.fingerprint,
                "request": self._redactor.tree(request) if redact else request,
            },
            indent=2,
        )
        return self._steady(text)

    def diff(self, other: Plan[InfoT]) -> str:
        """A unified, redacted diff from this plan to ``other``; empty when they are the same."""
        from difflib import unified_diff

        def hidden(text: str) -> str:
            # By both: what one plan knows to be secret may stand openly in the other.
            return other._redactor.text(self._redactor.text(text))

        plans = (self, other)
        mine, theirs = (hidden(plan._steady(plan.render(redact=False))).splitlines() for plan in plans)
        old, new = (hidden(f"{plan.backend}/{plan.app.name}") for plan in plans)
        return "\n".join(unified_diff(mine, theirs, old, new, lineterm=""))

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        name = self._redactor.text(self.app.name)
        return f"<Plan of app {name!r} on {self.backend}, {self.fingerprint[:12]}>"

    def _request(self) -> Json:
        return canonical(getattr(self.info, "request", self.info))

    def _fingerprint(self, request: Json) -> str:
        text = self._steady(dump([self.backend, request]))
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()  # os.environ may hold surrogates

    def _steady(self, text: str) -> str:
        for value, placeholder in self._volatile.items():
            text = text.replace(value, placeholder)
        return text
