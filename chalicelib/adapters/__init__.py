"""The only code that knows AWS and other services."""
