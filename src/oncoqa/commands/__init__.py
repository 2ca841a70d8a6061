"""The commands that need more than a few lines; `cli.py` puts them together."""
