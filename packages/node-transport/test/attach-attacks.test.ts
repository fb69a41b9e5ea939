import { attach, connect, createUpgrades } from "@framewright/node-transport";
import { describeAttachAttacks } from "../../websocket/test/attach-attacks-contract.ts";

describeAttachAttacks("Node", { attach, createUpgrades, connect });
