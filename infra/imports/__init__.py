"""A list of families as an office makes it, from its rows to registrations and their letters."""
