"""Redaction: a secret is recognised by the name it stands under, and hidden wherever it appears.

Read in this order:

1. ``names``: which names are those of secrets.
2. ``walker``: where in a JSON value something stands under such a name.
3. ``patterns``: where in a text it does.
4. ``spellings``: the forms in which one secret can appear.
5. ``redactor``: learns secrets, and hides them in texts and JSON values.
"""

from __future__ import annotations

from launchbind.redaction.patterns import MASK as MASK
from launchbind.redaction.redactor import Redactor as Redactor
from launchbind.redaction.walker import Json as Json
