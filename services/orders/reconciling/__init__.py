"""Nothing waits for ever: what a broker may have lost is told again until it has arrived.

rules       when an order is asked for again, and when better not
worker      finds what waits and owes its messages once more
retelling   an order's messages, made anew from its rows
announcing  keys, events and cancellations, which nobody answers
"""
