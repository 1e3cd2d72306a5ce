"""Bindings: which scheduler takes which executor, and the schedulers of one launcher.

Read in this order:

1. ``translation``: the one place where the errors of a scheduler become launchbind's.
2. ``schedulers``: the pool that creates each scheduler when its backend is first used.
"""
