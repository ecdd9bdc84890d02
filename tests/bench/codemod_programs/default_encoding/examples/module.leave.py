import codecs

raw = codecs.encode("utf-8")
