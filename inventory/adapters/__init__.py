"""What this app writes for the world outside."""
