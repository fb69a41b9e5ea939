export * from "@framewright/codec/frame";
