export * from "@framewright/bun-transport";
