"""Bindings: which scheduler takes which executor, and the schedulers made from that."""
