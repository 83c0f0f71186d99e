"""`python -m hardex …` is `hardex …`."""

from hardex.cli import main

if __name__ == "__main__":
    main()
