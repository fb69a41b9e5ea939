import { attach, connect, createUpgrades } from "@framewright/deno-transport";
import { describeAttachAttacks } from "../../websocket/test/attach-attacks-contract.ts";

describeAttachAttacks("Deno", { attach, createUpgrades, connect });
