/** The version of the packages, which have one together. A test compares it with package.json. */
export const version = "0.1.0";
