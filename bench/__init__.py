"""Measurements against the raw database: `make bench`."""
