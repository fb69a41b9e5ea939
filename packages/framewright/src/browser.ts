export * from "@framewright/websocket/reconnecting";
