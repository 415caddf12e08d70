"""Foreign forms of what reporting knows."""
