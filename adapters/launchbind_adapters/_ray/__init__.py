"""What :mod:`launchbind_adapters.ray` is made of; everything public is there."""
