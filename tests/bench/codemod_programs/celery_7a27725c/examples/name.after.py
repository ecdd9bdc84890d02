from datetime import datetime, timezone

datetime.now(timezone.utc)
