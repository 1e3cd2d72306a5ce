"""What :mod:`launchbind_adapters.nemo_run` is made of; everything public is there."""
