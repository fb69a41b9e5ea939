import { attach, connect, createUpgrades } from "@framewright/bun-transport";
import { describeAttach } from "../../websocket/test/attach-contract.ts";

describeAttach("Bun", { attach, createUpgrades, connect });
