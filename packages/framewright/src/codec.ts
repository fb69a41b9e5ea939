export * from "@framewright/codec";
