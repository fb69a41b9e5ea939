"""A Tornado client that sends three messages to a compressing echo server and prints the result."""

import sys

import tornado.ioloop
import tornado.websocket

text = "the same words again and again, " * 100


async def main():
    socket = await tornado.websocket.websocket_connect(sys.argv[1], compression_options={})
    echoes = 0
    for _ in range(3):
        try:
            await socket.write_message(text)
        except tornado.websocket.WebSocketClosedError:
            break
        if await socket.read_message() != text:
            break
        echoes += 1
    print(f"{echoes} echoes", flush=True)
    socket.close(1000)


tornado.ioloop.IOLoop.current().run_sync(main)
