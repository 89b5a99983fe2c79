"""What each value may be, said once for all services: whoever takes one in, and whoever carries it on, asks here.

Functions over plain data, without a driver. A refusal is a `ValueError` whose message is a sentence for a person.
"""
