"""Registers of other agencies: client and circuit breaker."""
