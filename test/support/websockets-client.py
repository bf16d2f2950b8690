"""A client by the library websockets, 10.4 or newer.

usage: websockets-client.py URL PROTOCOLS COMPRESSION

Tells what it knows as foreign_document.py says. It ends with its standard input.
"""

import asyncio
import sys

from foreign_document import Follower, leave_with_stdin
from websockets import connect


async def follow(url, protocols, compression):
    follower = Follower()
    options = {
        "subprotocols": protocols.split(", "),
        "compression": compression or None,
        "max_size": 32 * 2**20,
        "ping_interval": None,  # what is counted on the wire are frames with data
    }
    async with connect(url, **options) as socket:
        async for message in socket:
            follower.take(message)


leave_with_stdin()
asyncio.run(follow(*sys.argv[1:4]))
