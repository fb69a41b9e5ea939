import { attach, connect, createUpgrades } from "@framewright/node-transport";
import { describeAttach } from "../../websocket/test/attach-contract.ts";

describeAttach("Node", { attach, createUpgrades, connect });
