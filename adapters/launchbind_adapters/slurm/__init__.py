"""Slurm, understood once for every adapter that runs jobs on it."""
