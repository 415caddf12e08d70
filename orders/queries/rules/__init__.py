"""Rules for orders: what they may ask, what they may do, and how they read."""
