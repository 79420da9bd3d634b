"""取证会话: a browser that two officers drive and watch, and nobody else. Its only way out is the egress gate, its profile is used once.

order    what one session is to do, as a file
journal  what happened, line by line, each bound to the one before
checks   system time and 清洁性检查 before anything is opened
screen   the browser: its page, its live picture, what a hostile page tries
acts     what officers may do, and nothing else
session  one session from its first line to its last, driven over a local socket
keep     what a session left, as records for the archive
"""
