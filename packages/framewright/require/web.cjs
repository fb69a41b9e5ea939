// See index.cjs.
module.exports = process.versions.deno
  ? require("@framewright/deno-transport/websocket")
  : require("@framewright/node-transport/websocket");
