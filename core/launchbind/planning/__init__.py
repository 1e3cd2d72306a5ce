"""Planning: from an app and an executor to a :class:`~launchbind.planning.plan.Plan`.

Read in this order:

1. ``dryrun``: the pipeline that turns an app into a scheduler's request.
2. ``canonical``: a request as JSON values, on which fingerprints and redaction work.
3. ``plan``: the request, to be read, compared and submitted.
4. ``planner``: copies app and executor, runs the pipeline and makes the plan.
"""
