"""Adapters: launchbind's core bound to real launchers, one module each.

Import the module of the launcher you use; none of them imports its launcher before a job needs it.
"""
