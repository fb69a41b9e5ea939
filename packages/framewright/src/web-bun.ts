export * from "@framewright/bun-transport/websocket";
