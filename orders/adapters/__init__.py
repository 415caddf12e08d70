"""Foreign shapes of orders, one folder per channel or file; no rules here."""
