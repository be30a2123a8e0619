"""PostgreSQL through asyncpg, on a pool of our own.

Nothing here is imported unless an engine is made with an address of PostgreSQL. asyncpg's own pool
resets a connection after every use, which doubles the price of a query; this one hands out the
connection that was used last, as it is, and looks closely only at what may be unclean.
"""
