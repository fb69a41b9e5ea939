/** Prints the names that the package of the command line exports, as one line of JSON. */
const exports: object = await import(process.argv[2]);
console.log(JSON.stringify(Object.keys(exports).sort()));

export {};
