"""Measures whole programs against each other; see bench/compare."""
