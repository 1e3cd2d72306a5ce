"""The forms in which one secret can appear: quoted, escaped and encoded."""

from __future__ import annotations

import base64
import json
import shlex

# A piece of base64 that is shorter may be a word of the language.
_MIN_ENCODED = 8


def spellings(secret: str) -> set[str]:
    """The secret as scripts, JSON, Python, YAML and Kubernetes write it, and as one of them inside another.

    >>> found = spellings('it"s')
    >>> 'it\\"s' in found, "aXQicw==" in found
    (True, True)
    """
    return _encoded(secret).union(*map(_quotings, _quotings(secret))) - {""}


def _encoded(secret: str) -> set[str]:
    """Base64 of the secret, and what it adds to the base64 of any text that contains it."""
    data = secret.encode("utf-8", "surrogatepass")
    found = {base64.b64encode(data).decode()}
    for before in range(3):  # how many bytes stand before it, modulo 3: base64 encodes three at a time
        code = base64.b64encode(bytes(before) + data).decode()
        # A character encodes six bits: the first and the last may also encode bits of the neighbours.
        inner = code[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        if len(inner) >= _MIN_ENCODED:
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
        text.replace("'", "''"),  # YAML
        text.replace("'", "'\"'\"'"),  # inside a text that shlex.quote has quoted
    }
