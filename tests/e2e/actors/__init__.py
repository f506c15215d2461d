"""The actors of the end-to-end tests: one class for each."""
