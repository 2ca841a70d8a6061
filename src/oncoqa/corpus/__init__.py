"""Release files in, releases and passages out."""
