import { attach, connect, createUpgrades } from "@framewright/deno-transport";
import { describeAttach } from "../../websocket/test/attach-contract.ts";

describeAttach("Deno", { attach, createUpgrades, connect });
