raw = text.encode("utf-8")  # as it is sent
said = read(raw).decode('UTF8')
first = lines[0].strip().encode("utf8")
