"""Speed, measured against what users would pick instead: ``python -m nox -s bench``.

Everything is a ratio of two measurements of one run, since machines differ and are noisy. What is
compared takes turns, in random order, so a slow moment hits every side alike.
"""
