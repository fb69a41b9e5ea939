/** Prints the exported names of the package on the command line, as one line of JSON. */
const exports: object = await import(process.argv[2]);
console.log(JSON.stringify(Object.keys(exports).sort()));

export {};
