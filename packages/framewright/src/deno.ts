export * from "@framewright/deno-transport";
