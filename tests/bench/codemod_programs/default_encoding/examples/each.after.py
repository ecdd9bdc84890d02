raw = text.encode()  # as it is sent
said = read(raw).decode()
first = lines[0].strip().encode()
