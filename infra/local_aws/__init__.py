"""The local AWS: ministack in an environment of its own, made durable and closed off."""
