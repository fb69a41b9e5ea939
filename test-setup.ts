import fc from "fast-check";
import { runs } from "./test-depth.ts";

fc.configureGlobal({ numRuns: runs(100) });
