"""Foreign formats of documents; no rules in here."""
