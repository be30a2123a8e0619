"""What the tests of both storages say again and again."""

import hashlib

HELLO = hashlib.sha256(b"hello").hexdigest()


async def store(storage, *chunks):
    incoming = await storage.begin()
    try:
        for chunk in chunks:
            await incoming.write(chunk)
        return await incoming.commit()
    finally:
        await incoming.abort()
        incoming.settle()


async def content_of(storage, sha256):
    content = await storage.open(sha256)
    try:
        return await content.pread(0, content.size_bytes)
    finally:
        content.close()


async def nobody(hashes):
    return set()


async def everybody(hashes):
    return set(hashes)
