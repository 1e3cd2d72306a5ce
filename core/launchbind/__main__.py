"""``python -m launchbind`` and the command ``launchbind``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, which needs the extra ``cli``."""
    try:
        from launchbind.cli import cli

        cli()
    except KeyboardInterrupt:  # while the command starts or ends
        sys.exit(130)
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        sys.exit(
            f"launchbind: the command line needs {error.name}: run python -m pip install 'launchbind[cli]'."
        )


if __name__ == "__main__":
    main()
