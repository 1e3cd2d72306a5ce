"""Jobs: from a plan to a job, and through its life."""
