"""Redaction: secrets are known by the names they go under, and then hidden wherever they turn up."""

from __future__ import annotations

import base64
import json
import re
import shlex
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Json = Union[None, bool, int, float, str, list["Json"], dict[str, "Json"]]
"""Plain JSON values."""

MASK = "<redacted>"

# Over-redaction costs a look with redact=False, a leak costs the secret: when in doubt, a name is one.
_SECRET_NAME = "|".join(
    (
        # Neither "max_tokens" (4096) nor "tokenizer"; but HF_TOKENS, and "access_tokens".
        r"token(?!s|i[sz])",
        r"(?:auth|access|api|refresh)[-_]?tokens",
        r"(?-i:(?<!MAX)(?<!NUM)_TOKENS(?![A-Z_]))",
        r"secret|credential|authorization|bearer|cookie|jwt|webhook|dsn\b|connection[-_]?string",
        # Not PWD, the working directory; not "bypass" or "test_passed".
        r"passw(?:or)?d|passphrase|passcode|(?<=[a-z0-9_-])(?<!old)pwd|(?<=[_-])pass(?![a-z])",
        r"(?-i:(?<=[A-Z])(?<!BY)(?<!COM)PASS(?![A-Z]))",  # SSHPASS
        # OPENAI_KEY and ssh-key, but not the keys of data.
        r"(?:api|access|private|encryption|account)[-_]?key",
        r"(?<!primary)(?<!foreign)(?<!public)(?<!partition)(?<!sort)(?<!cache)(?<=[a-z0-9])[_-]key(?![a-z])",
        r"(?<=[_-])pat(?![a-z])",
        # AUTH and REGISTRY_AUTH, neither "author" nor "auth_type".
        r"(?<![a-z])auth(?![a-z]|[-_]?(?:type|mode|method|enabled|url))",
    )
)
# As a quoted text within one that shlex.quote has quoted; quoted, with escapes; quoted inside a quoted text;
# a block of YAML; bare, after the scheme of an Authorization header.
_VALUE = (
    r"'\"'\"'[^\n]*?'\"'\"'|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|\\*\"[^\"\n]*\"|\\*'[^'\n]*'"
    r"|[|>][-+]?[ \t]*(?:\n[ \t]+[^\n]*)+"
    r"|(?!\[\]|\{\})(?:(?:bearer|basic|token)[ \t]+)?[^\s,;}\])\"']+"
)
# What is hidden already is left alone: what looks like the rest of the value may be the next line's start.
_HIDDEN = rf"(?!{MASK}(?:[\s\\\"',;)}}\]]|$))"
# Up to the last @, since people put / and @ in passwords as they are.
_URL_PASSWORD = re.compile(r"(?P<before>(?<=://)[^\s/:@]*:)(?P<value>[^\s\"'<>]+)(?=@)")
# A token in the place of the user, as in https://TOKEN@github.com, and the signature of a presigned URL.
_URL_TOKEN = re.compile(r"(?P<before>https?://)(?P<value>[^\s/:@\"'<>]{12,})(?=@)")
_URL_SIGNATURE = re.compile(r"(?P<before>[?&](?:sig|[\w-]*signature)=)(?P<value>[^\s&\"'<>]+)", re.IGNORECASE)
_IN_URLS = (_URL_PASSWORD, _URL_TOKEN, _URL_SIGNATURE)
_SCHEMES = frozenset({"bearer", "basic", "token"})
# Values too common to be hidden wherever they appear; under a secret's name they are hidden all the same.
_MIN_LENGTH = 4
# Of a word of a secret, and of what only looks like one's value: shorter ones are words of the language.
_MIN_WORD = 8
_COMMON = frozenset({"true", "false", "none", "null"})


class Redactor:
    """Hides secret values in text and in JSON values.

    Parameters
    ----------
    names
        Names to treat as secret besides the usual ones (token, secret, password, api key, access key,
        credential, ...). Each matches, ignoring case, anywhere in a name.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        pattern = "|".join([_SECRET_NAME, *(re.escape(name) for name in names)])
        self._name = re.compile(pattern, re.IGNORECASE)
        self._assignment = re.compile(
            # Starting where a word starts keeps this linear in a blob of base64, which is one long word.
            rf"(?P<name>(?<![\w.-])[\w.-]*?(?:{pattern})[\w.-]*)(?P<between>[\\\"']*\s*[=:]\s*)"
            rf"(?P<value>{_HIDDEN}(?:{_VALUE}))",
            re.IGNORECASE,
        )
        self._flag = re.compile(
            rf"(?P<flag>(?<!\S)--?[\w-]*?(?:{pattern})[\w-]*\s+)(?P<value>{_HIDDEN}(?:{_VALUE}))",
            re.IGNORECASE,
        )
        self._verdicts: dict[str, bool] = {}
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def is_secret(self, name: str) -> bool:
        """Whether what goes under ``name`` is hidden."""
        verdict = self._verdicts.get(name)
        if verdict is None:  # a request has few names, and each many times
            verdict = self._verdicts[name] = self._name.search(name) is not None
        return verdict

    def learn(self, value: Json) -> None:
        """Remember every value that stands under a secret-looking name in ``value``."""
        for secret in _secrets(value, self.is_secret):
            # Line by line too: YAML indents the lines of a private key. And word by word: a pretty-printer
            # breaks a long text between them.
            words = [word for word in secret.split() if len(word) >= _MIN_WORD]
            for part in (secret, *secret.splitlines(), *words):
                if len(part) >= _MIN_LENGTH and part.lower() not in _COMMON:
                    self._values.update(_spellings(part))
        for text in _texts(value):
            for word in self._found(text):
                self._values.update(_spellings(word))
        self._compile()

    def _found(self, text: str) -> Iterator[str]:
        """The secrets that stand in a text: in its URLs, and next to their names."""
        patterns = _IN_URLS if "://" in text else ()
        if "=" in text or ":" in text or text.startswith("-"):
            patterns = (*patterns, self._assignment, self._flag)
        for pattern in patterns:
            for match in pattern.finditer(text):
                for word in match["value"].strip("\\\"'").split():
                    if len(word) >= _MIN_WORD and not word.isdigit() and word.lower() not in _SCHEMES:
                        yield word

    def absorb(self, other: Redactor) -> None:
        """Remember what another redactor has learned."""
        if not other._values <= self._values:
            self._values |= other._values
            self._compile()

    def _compile(self) -> None:
        longest_first = sorted(self._values, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def text(self, text: str) -> str:
        """``text`` with every secret replaced by ``<redacted>``."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        for pattern in _IN_URLS:
            text = pattern.sub(rf"\g<before>{MASK}", text)
        text = self._flag.sub(rf"\g<flag>{MASK}", text)
        return self._assignment.sub(rf"\g<name>\g<between>{MASK}", text)

    def tree(self, value: Json, hidden: bool = False) -> Json:
        """``value`` with every secret replaced by ``<redacted>``."""
        if isinstance(value, dict):
            return {
                self.text(key): self.tree(item, hidden or self.is_secret(key)) for key, item in value.items()
            }
        if isinstance(value, list):
            return [self.tree(item, hidden) for item in value]
        if isinstance(value, str):
            return MASK if hidden and value else self.text(value)
        return MASK if hidden and value is not None and not isinstance(value, bool) else value


def _secrets(value: Json, is_secret: Callable[[str], bool], hidden: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        # {"name": "HF_TOKEN", "value": ...} is how Kubernetes writes a variable.
        name = value.get("name")
        named = isinstance(name, str) and is_secret(name)
        for key, item in value.items():
            under = is_secret(key) or (named and key == "value")
            yield from _secrets(item, is_secret, hidden or under)
    elif isinstance(value, list):
        for before, item in zip([None, *value], value, strict=False):
            # ["--api-key", ...] is how a command takes one.
            follows = isinstance(before, str) and before.startswith("-") and "=" not in before
            yield from _secrets(item, is_secret, hidden or (follows and is_secret(str(before))))
    elif hidden and isinstance(value, (str, int)) and not isinstance(value, bool):
        yield str(value)


def _texts(value: Json) -> Iterator[str]:
    """Every text in a JSON value, the keys of mappings aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _spellings(secret: str) -> set[str]:
    """The forms a value takes in scripts, JSON, Python and Kubernetes secrets, or in one inside another."""
    return _encoded(secret).union(*map(_quotings, _quotings(secret))) - {""}


def _encoded(secret: str) -> set[str]:
    """Base64 of the value, and what is the same in that of any text that contains it."""
    data = secret.encode("utf-8", "surrogatepass")
    found = {base64.b64encode(data).decode()}
    for before in range(3):
        code = base64.b64encode(bytes(before) + data).decode()
        # Each character holds six bits: those at the ends may be shared with what stands around.
        inner = code[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        if len(inner) >= _MIN_WORD:
            found.add(inner)
    return found


def _quotings(text: str) -> set[str]:
    return {
        text,
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        repr(text)[1:-1],
        repr(f"'\"{text}")[4:-1],  # inside a text that holds both quotes
        shlex.quote(text),
        text.replace("'", "''"),  # as YAML quotes it
        text.replace("'", "'\"'\"'"),  # inside a text that shlex.quote has quoted
    }
