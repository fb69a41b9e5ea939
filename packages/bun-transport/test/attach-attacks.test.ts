import { attach, connect, createUpgrades } from "@framewright/bun-transport";
import { describeAttachAttacks } from "../../websocket/test/attach-attacks-contract.ts";

describeAttachAttacks("Bun", { attach, createUpgrades, connect });
