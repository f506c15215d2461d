"""The actors of the end-to-end tests: one class for each."""

# Seconds. A wait ends by its event; this is for a machine with a lot to do.
PATIENCE = 25
