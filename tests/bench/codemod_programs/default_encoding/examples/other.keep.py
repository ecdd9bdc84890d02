a = text.encode("latin-1")
b = text.encode("utf-8", "strict")
c = text.encode(encoding)
