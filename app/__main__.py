"""Where the application starts: `unbraid` and `python -m unbraid.app`."""


def main() -> None:
    """Run the command line."""
    from unbraid.app.cli import application  # here, since worker processes import this module and need none of it

    application()


if __name__ == "__main__":
    main()
