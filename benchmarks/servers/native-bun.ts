const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request, self) {
    return self.upgrade(request) ? undefined : new Response("", { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    message(socket, data) {
      socket.send(data);
    },
  },
});
console.log(`listening on ws://127.0.0.1:${server.port}`);
