/**
 * Prints a session token that is valid for a day: `SESSION_SECRET=... node sign.ts NAME`. A sign-in
 * page would set it as the cookie `session`, with HttpOnly, Secure and SameSite=Strict.
 */
import { readConfiguration } from "./configuration.ts";
import { signToken } from "./session-token.ts";

const day = 86_400_000;
const [, , name = ""] = process.argv;
console.log(signToken(name, Date.now() + day, readConfiguration(process.env).sessionSecret));
