"""Redactor: learns secrets, and hides them in texts and JSON values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from launchbind.redaction.patterns import MASK, SecretPatterns
from launchbind.redaction.spellings import spellings
from launchbind.redaction.walker import items, leaves, members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from launchbind.redaction.walker import Json

# Shorter and common values are hidden where they stand under the name of a secret, and nowhere else.
_MIN_LENGTH = 4
_COMMON = frozenset({"true", "false", "none", "null"})
# A shorter word of a secret, or of a value in a text, may be a word of the language.
_MIN_WORD = 8
_SCHEMES = frozenset({"bearer", "basic", "token"})


class Redactor:
    """Hides secrets in texts and in JSON values.

    A value is secret when it stands under, or follows, the name of a secret: token, secret, password,
    api key, access key, credential and the like. What was learned is hidden wherever it appears, in every
    usual quoting and encoding.

    Parameters
    ----------
    names
        Names to treat as secret in addition to the usual ones; each matches anywhere in a name, in any case.

    Examples
    --------
    >>> redactor = Redactor()
    >>> redactor.tree({"HF_TOKEN": "hf_abc", "args": ["--api-key", "abc", "--epochs", 3]})
    {'HF_TOKEN': '<redacted>', 'args': ['--api-key', '<redacted>', '--epochs', 3]}
    >>> redactor.learn({"HF_TOKEN": "hf_abc"})
    >>> redactor.text("echo hf_abc")
    'echo <redacted>'
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._secret = SecretPatterns(names)
        self._learned: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def is_secret(self, name: str) -> bool:
        """Whether what stands under ``name`` is hidden."""
        return self._secret.is_secret(name)

    def secrets(self, value: Json) -> Iterator[str]:
        """Every secret in a JSON value, such as a request or an executor in canonical form.

        Returns
        -------
        What stands under the name of a secret; and of the values that a text holds in URLs or beside such
        a name, the words long enough to be hidden elsewhere.
        """
        for leaf, secret in leaves(value, self.is_secret):
            if secret and leaf is not None and not isinstance(leaf, bool):
                yield str(leaf)
            if isinstance(leaf, str):
                for found in self._secret.find(leaf):
                    for word in found.strip("\\\"'").split():
                        if len(word) >= _MIN_WORD and not word.isdigit() and word.lower() not in _SCHEMES:
                            yield word

    def learn(self, value: Json) -> None:
        """Remember the :meth:`secrets` in a JSON value, so that they are hidden wherever they appear."""
        for secret in self.secrets(value):
            # Line by line too: YAML indents the lines of a private key. And word by word: a pretty-printer
            # breaks a long text between them.
            words = [word for word in secret.split() if len(word) >= _MIN_WORD]
            for part in (secret, *secret.splitlines(), *words):
                if len(part) >= _MIN_LENGTH and part.lower() not in _COMMON:
                    self._learned |= spellings(part)
        self._compile()

    def update(self, other: Redactor) -> None:
        """Remember what another redactor has learned."""
        if not other._learned <= self._learned:
            self._learned |= other._learned
            self._compile()

    def _compile(self) -> None:
        longest_first = sorted(self._learned, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def text(self, text: str) -> str:
        """``text`` with every secret replaced by ``<redacted>``."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        return self._secret.mask(text)

    def tree(self, value: Json) -> Json:
        """A copy of a JSON value, of the same shape, with every secret replaced by ``<redacted>``.

        Below the name of a secret only None, booleans and the empty text stay.
        """
        return self._masked(value, hidden=False)

    def _masked(self, value: Json, hidden: bool) -> Json:
        if isinstance(value, dict):
            parts = members(value, self.is_secret, hidden)
            return {self.text(key): self._masked(member, secret) for key, member, secret in parts}
        if isinstance(value, list):
            return [self._masked(item, secret) for item, secret in items(value, self.is_secret, hidden)]
        if isinstance(value, str):
            return MASK if hidden and value else self.text(value)
        if value is None or isinstance(value, bool):
            return value
        return MASK if hidden or self.text(str(value)) != str(value) else value
