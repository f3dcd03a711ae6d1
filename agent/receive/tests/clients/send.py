"""Sends events with Segment's package for Python, as a service does: send.py ADDRESS KEY"""

import datetime
import sys

import segment.analytics as analytics

analytics.host, analytics.write_key = sys.argv[1:3]
analytics.max_retries = 2
failed = []
analytics.on_error = lambda error, items: failed.append((error, items))
analytics.identify("python-1", {"plan": "gold"})
for film in ["Low Tide", "Copper Moon"]:
    analytics.track(
        "python-1",
        "ticket bought",
        {"film": film, "amount": 12.5},
        timestamp=datetime.datetime.now(datetime.timezone.utc),
    )
analytics.group("python-1", "house", {"name": "The Palace"})
analytics.shutdown()
sys.exit(f"not sent: {failed}" if failed else 0)
