"""Bounds on what one visit may bring, cost and repeat."""

MAX_BODY_BYTES = 16 * 1024 * 1024  # as received; what is more is cut and marked
MAX_DECODED_BYTES = 32 * 1024 * 1024  # after content-encoding
MAX_HOPS = 10  # redirects of one visit
TRIES = 2  # visits of one address in a run where the fault may pass
RETRY_S = 3.0
MAX_RETRY_AFTER_S = 60.0
TIMEOUT_S = 30.0  # of one answer, body included
