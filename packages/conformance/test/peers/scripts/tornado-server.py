"""A Tornado server that echoes with compression."""

import tornado.ioloop
import tornado.web
import tornado.websocket


class Echo(tornado.websocket.WebSocketHandler):
    def check_origin(self, origin):
        return True

    def get_compression_options(self):
        return {}

    def on_message(self, message):
        self.write_message(message, binary=isinstance(message, bytes))


server = tornado.web.Application([("/", Echo)]).listen(0, "127.0.0.1")
port = list(server._sockets.values())[0].getsockname()[1]
print(f"listening on ws://127.0.0.1:{port}", flush=True)
tornado.ioloop.IOLoop.current().start()
