"""Jobs: from a plan to a job, and through its life.

Read in this order:

1. ``launcher``: the public entry point, which resolves a handle to a job and delegates to it.
2. ``submitting``: submits a plan, and makes the handle.
3. ``job``: a job, with ``describe``, ``status``, ``cancel`` and ``logs``.
4. ``waiting``: polls a job until it has ended.
5. ``logs``: the logs of several replicas as one stream of lines.
"""
