"""Passages in, ranked hits and scored sentences out."""
