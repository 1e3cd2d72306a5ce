"""A package of a user's own, which no type checker finds an error in: see :mod:`type_checkers`.

It is checked and never run. What it says of types with ``assert_type`` also shows that none of them is Any,
since Any is not equal to any type there.
"""
