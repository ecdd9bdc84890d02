from datetime import datetime

datetime.utcnow()
