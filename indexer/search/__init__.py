"""Search over the captured pages: one protocol, one set of tokens, any number of backends."""
