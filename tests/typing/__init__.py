"""Checked by mypy, never executed.

``assert_type`` says what callers get. A line that must be refused carries the code of its error: strict
mode reports an ignore that ignores nothing, so a wrong call that starts to pass fails the check.
"""
