"""Which names are those of secrets, as a regular expression that is searched for without regard to case.

A value that is hidden needlessly costs a look with ``redact=False``; one that is shown may cost the secret.
So a name that may be that of a secret counts as one.
"""

from __future__ import annotations

SECRET_NAME: str = "|".join(
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
