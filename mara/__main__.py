"""`python -m mara`: the command line."""

if __name__ == "__main__":
    # Worker processes read this file again, and have no use for the commands.
    from mara.cli.app import main

    main()
