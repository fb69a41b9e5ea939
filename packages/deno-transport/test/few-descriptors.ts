/**
 * Serves an echo. Prints its port, and a second line when the process has no descriptor left.
 */
import { serve } from "@framewright/deno-transport";

const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
const server = await serve({ message: (socket, data) => void socket.send(data) });
print(String(server.port));
const timer = setInterval(() => {
  try {
    Deno.openSync("/dev/null").close();
  } catch {
    clearInterval(timer);
    print("no descriptor is left");
  }
}, 10);
