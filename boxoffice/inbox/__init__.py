"""A mail server for one machine: takes every mail, keeps it, shows it, and sends none on."""
