export * from "@framewright/deno-transport/websocket";
