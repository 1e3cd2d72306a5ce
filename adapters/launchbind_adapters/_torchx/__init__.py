"""What :mod:`launchbind_adapters.torchx` is made of; everything public is there."""
