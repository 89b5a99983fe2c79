"""Webhooks: what organisers are told over HTTP, by a process of its own beside the one that takes orders."""
