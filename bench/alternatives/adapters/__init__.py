"""One module for each contestant, named as its virtual environment; `Search` in each.

They import libraries that the project does not have, so mypy, which reads `src`, leaves them out.
"""
