export * from "@framewright/node-transport/websocket";
