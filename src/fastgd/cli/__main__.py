"""What `python -m fastgd.cli` runs."""

from fastgd.cli import main

if __name__ == "__main__":
    main()
