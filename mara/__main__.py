"""`python -m mara`: the command line."""

from mara.cli.app import main

if __name__ == "__main__":
    main()
