"""Fit-time work on surveys and the `tepat` command. Never packaged into a function."""
