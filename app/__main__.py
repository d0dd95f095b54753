"""Where the application starts: `unbraid` and `python -m unbraid.app`."""

from unbraid.app.cli import application


def main() -> None:
    """Run the command line."""
    application()


if __name__ == "__main__":
    main()
