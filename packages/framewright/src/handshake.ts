export * from "@framewright/codec/handshake";
