"""Reporting: what the figures say, for people who look rather than read.

Owns the daily facts (rollups) and exports; everything else it only reads. Facts are kept
incrementally by consumers, each event counted once, and `check_ledgers` proves them against the
orders and movements they were made from.
Must hold: every figure states its definition, its time zone and what it leaves out.
Never: write another app's table, or keep personal data in an export.
"""
