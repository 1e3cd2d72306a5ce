"""Planning: from an app and an executor to a :class:`~launchbind.planning.plan.Plan`."""
