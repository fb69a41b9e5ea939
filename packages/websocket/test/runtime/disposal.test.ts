import { connect, pair, reconnecting, serve } from "@framewright/websocket/testing";
import { expect, test } from "vitest";

test("`await using` closes a socket and waits for its end", async () => {
  const { client, server } = await pair();
  {
    await using socket = client;
    socket.send("last");
  }
  expect(client.readyState).toBe("closed");
  expect((await server.closed).wasClean).toBe(true);
});

test("`using` closes a socket and does not wait", async () => {
  const { client } = await pair();
  {
    using socket = client;
    expect(socket.readyState).toBe("open");
  }
  expect(client.readyState).toBe("closing");
  await client.closed;
});

test("`await using` closes servers and reconnecting clients", async () => {
  let closed: Promise<unknown>;
  {
    await using server = await serve({ port: 7_001 });
    await using connection = reconnecting("ws://disposal.test:7001/");
    const socket = await connection.ready;
    closed = Promise.all([socket.closed, connection.closed]);
    expect(server.clients.size).toBe(1);
  }
  await closed;
  await expect(connect("ws://disposal.test:7001/")).rejects.toThrow();
});
