import { expect, test } from "vitest";
import { checkSenderOptions, type SenderOptions } from "../../src/connection/sender-options.ts";

test("a server needs no masking keys, a client does", () => {
  for (const options of [{}, { role: "server" }, { role: "client", drawMaskingKey: () => 1 }]) {
    expect(() => checkSenderOptions(options as SenderOptions)).not.toThrow();
  }
  for (const drawMaskingKey of [undefined, null, 7]) {
    const options = { role: "client", drawMaskingKey } as unknown as SenderOptions;
    expect(() => checkSenderOptions(options)).toThrow(
      expect.objectContaining({
        name: "TypeError",
        code: "WS_ERR_INVALID_OPTION",
        message: expect.stringContaining("drawMaskingKey"),
      }),
    );
  }
});
