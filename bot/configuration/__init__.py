"""One table of keys, and everything that reads, settles or describes them."""
