const waiting = new WeakMap<object, Uint8Array>();

const listener = Bun.listen({
  port: 0,
  hostname: "127.0.0.1",
  socket: {
    data(socket, bytes) {
      const held = waiting.get(socket);
      const all = held === undefined ? bytes : Buffer.concat([held, bytes]);
      const sent = socket.write(all);
      if (sent < all.length) waiting.set(socket, all.subarray(Math.max(sent, 0)));
      else waiting.delete(socket);
    },
    drain(socket) {
      const held = waiting.get(socket);
      if (held === undefined) return;
      const sent = socket.write(held);
      if (sent < held.length) waiting.set(socket, held.subarray(Math.max(sent, 0)));
      else waiting.delete(socket);
    },
  },
});
console.log(`listening on tcp://127.0.0.1:${listener.port}`);
