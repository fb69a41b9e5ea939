// `require` of Deno has the export conditions of Node. The values are those of dist/node.js or
// dist/deno.js, which hand on the same modules.
module.exports = process.versions.deno
  ? require("@framewright/deno-transport")
  : require("@framewright/node-transport");
