"""Signing in without a password, and what someone sees who has."""
