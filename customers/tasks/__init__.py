"""Recurring work of the customers app."""
