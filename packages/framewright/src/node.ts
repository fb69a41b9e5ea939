export * from "@framewright/node-transport";
