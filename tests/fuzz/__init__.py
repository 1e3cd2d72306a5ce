"""Fuzzing: the parsers of the core, given texts that atheris makes up from the branches they reach."""
