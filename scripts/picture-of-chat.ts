/**
 * Takes the picture in the README: the chat page in Chromium, with the frames of its WebSocket.
 *
 *     npm run build && node scripts/picture-of-chat.ts
 */
import { fileURLToPath } from "node:url";
import { ServerProcess } from "../examples/chat/server-process.ts";
import { join, launchBrowser, say } from "../packages/conformance/test/browser/chromium.ts";

const path = fileURLToPath(new URL("../docs/images/chat.png", import.meta.url));
const server = new ServerProcess("Node", "127.0.0.1", 0);
const browser = await launchBrowser();
try {
  const url = `${await server.ready}#kitchen`;
  const size = { viewport: { width: 1180, height: 700 }, colorScheme: "light" } as const;
  const ada = await join(browser, url, "Ada", size);
  const grace = await join(browser, url, "Grace", size);
  await say(ada, "Is the kettle on?");
  await say(grace, "It is. Tea in four minutes.");
  await say(ada, "Then I bring the biscuits.");
  await say(grace, "Ginger, please.");
  const { page } = ada;
  if (!(await page.locator("#frames").isVisible()))
    await page.getByRole("button", { name: "On the wire" }).click();
  await page.locator('.frame[data-opcode="text"]').filter({ hasText: "biscuits" }).first().click();
  await page.locator("#frame .bit").first().waitFor();
  await page.mouse.move(0, 0);
  await page.screenshot({ path });
} finally {
  await browser.close();
  await server.stop();
}
