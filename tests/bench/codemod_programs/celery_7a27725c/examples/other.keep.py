clock.utcnow()
