"""`python -m hardex …` is `hardex …`."""

from hardex.cli.main import main

if __name__ == "__main__":
    main()
