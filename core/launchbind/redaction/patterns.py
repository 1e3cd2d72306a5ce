"""Where in a text a secret stands: in a URL, and beside its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from launchbind.redaction.names import SECRET_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASK = "<redacted>"

_VALUE = "|".join(
    (
        r"'\"'\"'[^\n]*?'\"'\"'",  # quoted, inside a text that shlex.quote has quoted
        r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'",  # quoted, with escapes
        r"\\*\"[^\"\n]*\"|\\*'[^'\n]*'",  # quoted, inside a quoted text
        r"[|>][-+]?[ \t]*(?:\n[ \t]+[^\n]*)+",  # a block of YAML
        # Bare, after the scheme of an Authorization header if there is one.
        r"(?!\[\]|\{\})(?:(?:bearer|basic|token)[ \t]+)?[^\s,;}\])\"']+",
    )
)
# Do not match our own mask again: what looks like the rest of the value may be the start of the next line.
_UNMASKED = rf"(?!{MASK}(?:[\s\\\"',;)}}\]]|$))"
# Up to the last @, since people write / and @ in passwords unescaped.
_URL_PASSWORD = re.compile(r"(?P<before>(?<=://)[^\s/:@]*:)(?P<value>[^\s\"'<>]+)(?=@)")
# A token in the place of the user, as in https://TOKEN@github.com, and the signature of a presigned URL.
_URL_TOKEN = re.compile(r"(?P<before>https?://)(?P<value>[^\s/:@\"'<>]{12,})(?=@)")
_URL_SIGNATURE = re.compile(r"(?P<before>[?&](?:sig|[\w-]*signature)=)(?P<value>[^\s&\"'<>]+)", re.IGNORECASE)


class SecretPatterns:
    """The names of secrets, the usual ones and ``names``, and the patterns that find their values."""

    def __init__(self, names: Iterable[str]) -> None:
        name = "|".join([SECRET_NAME, *(re.escape(each) for each in names)])
        self._name = re.compile(name, re.IGNORECASE)
        self._verdicts: dict[str, bool] = {}
        # Starting where a word starts keeps this linear in a blob of base64, which is one long word.
        assignment = rf"(?P<before>(?<![\w.-])[\w.-]*?(?:{name})[\w.-]*[\\\"']*\s*[=:]\s*)"
        flag = rf"(?P<before>(?<!\S)--?[\w-]*?(?:{name})[\w-]*\s+)"
        self._flag, self._assignment = (
            re.compile(rf"{before}(?P<value>{_UNMASKED}(?:{_VALUE}))", re.IGNORECASE)
            for before in (flag, assignment)
        )

    def is_secret(self, name: str) -> bool:
        """Whether ``name`` is that of a secret."""
        verdict = self._verdicts.get(name)
        if verdict is None:  # cached: a request has few names, and each many times
            verdict = self._verdicts[name] = self._name.search(name) is not None
        return verdict

    def find(self, text: str) -> Iterator[str]:
        """The values in ``text`` that are secret, with their quotes."""
        for pattern in self._patterns(text):
            for match in pattern.finditer(text):
                yield match["value"]

    def mask(self, text: str) -> str:
        """``text`` with each such value replaced by the mask."""
        for pattern in self._patterns(text):
            text = pattern.sub(rf"\g<before>{MASK}", text)
        return text

    def _patterns(self, text: str) -> Iterator[re.Pattern[str]]:
        """The patterns that can match, in the order of masking; most texts need none."""
        if "://" in text:
            yield from (_URL_PASSWORD, _URL_TOKEN)
        if "=" in text:
            yield _URL_SIGNATURE
        if "-" in text:
            yield self._flag
        if "=" in text or ":" in text:
            yield self._assignment
