"""The Ray Jobs adapter; :mod:`launchbind_adapters.ray` is what to import."""
