"""Bindings: which scheduler takes which executor, and the schedulers of one launcher.

Read in this order:

1. ``backend``: the typed key of a backend.
2. ``bindings``: executor classes and their scheduler factories, in one registry.
3. ``translation``: the one place where the errors of a scheduler become launchbind's.
4. ``schedulers``: the pool that creates each scheduler when its backend is first used.
"""
