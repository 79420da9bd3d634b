"""Bounds on what one visit may bring, cost and repeat."""

MAX_BODY_BYTES = 16 * 1024 * 1024  # as received; what is more is cut and marked
MAX_ROBOTS_BYTES = 512 * 1024  # of robots.txt, as received and unpacked; RFC 9309 asks for 500 KiB at least
MAX_DECODED_BYTES = 32 * 1024 * 1024  # after content-encoding
MAX_PICTURE_BYTES = 256 * 1024  # of an icon or a logo, as received and unpacked
MAX_COOKIES = 180  # names kept of one site and client, as browsers do
MAX_COOKIE_BYTES = 4_096
MAX_HOPS = 10  # redirects of one visit
TRIES = 2  # visits of one address in a run where the fault may pass
RETRY_S = 3.0
MAX_RETRY_AFTER_S = 60.0  # who asks for longer is left alone for the rest of the run
TIMEOUT_S = 30.0  # of one answer, body included
PATIENCE = 0.8  # of that time: a body that is still coming then is cut, and what came is kept
PICTURE_TIMEOUT_S = 10.0  # of an icon or a logo: its page waits for it
PICTURES_A_SITE = 24  # of one run
