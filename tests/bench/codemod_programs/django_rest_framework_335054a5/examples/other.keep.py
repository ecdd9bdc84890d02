force_texts(1)
