export * from "@framewright/websocket/testing";
