"""Who somebody is and what they may do: passwords, sessions, links, throttling, permissions.

A kit: it knows tables and nothing of HTTP. Cookies are `www.middlewares.session`'s business.
"""
