export * from "@framewright/codec/inspect";
