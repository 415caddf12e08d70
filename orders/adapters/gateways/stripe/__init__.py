"""Stripe: a payment is a payment intent that was confirmed with manual capture by the shop."""
