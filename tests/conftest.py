"""What all tests share: the signals of a terminal, for tests send them, and what is ignored is inherited."""

from __future__ import annotations

import signal

# nohup ignores the one, a script's "&" the other, in everything that they start.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
