"""Soak: the state machine of the registry, for as many random steps as one has time for."""
