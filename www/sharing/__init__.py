"""The slice of share links: addresses that open one file or folder to whoever has them."""
