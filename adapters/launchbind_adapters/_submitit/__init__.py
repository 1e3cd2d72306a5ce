"""What :mod:`launchbind_adapters.submitit` is made of; everything public is there."""
