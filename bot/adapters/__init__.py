"""One file per outside thing, named <vendor>_<port>.py; none knows another."""
