"""Acts of compliance."""
