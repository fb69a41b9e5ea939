import { globals, setBackgroundTimer, type Timer } from "../runtime/globals.ts";

/** The used part of `node:os`. */
interface OsModule {
  networkInterfaces(): Readonly<
    Record<string, readonly { readonly address: string; readonly internal: boolean }[] | undefined>
  >;
}

/** Time in milliseconds between looks. One takes about 0.1 ms. */
const interval = 2_000;

/**
 * Tells when the machine has got another network address: it is online again, or in another network.
 * Looks now and then while there are listeners, with one timer that does not keep the process alive,
 * because no runtime has an event for it.
 */
export class NetworkWatch {
  private readonly os: OsModule;
  private readonly isAllowed: () => boolean;
  private readonly listeners = new Set<() => void>();
  private timer: Timer | undefined = undefined;
  private known = "";

  /**
   * @param isAllowed - Whether the addresses may be read. If not, listeners are never called.
   */
  constructor(os: OsModule, isAllowed: () => boolean = () => true) {
    this.os = os;
    this.isAllowed = isAllowed;
  }

  /** Calls `listener` for each change, until `delete`. It does not throw. */
  add(listener: () => void): void {
    if (!this.isAllowed()) return;
    if (this.listeners.size === 0) this.known = this.addresses();
    this.listeners.add(listener);
    this.timer ??= setBackgroundTimer(this.look, interval);
  }

  delete(listener: () => void): void {
    this.listeners.delete(listener);
    if (this.listeners.size > 0) return;
    globals.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private readonly look = (): void => {
    this.timer = setBackgroundTimer(this.look, interval);
    const addresses = this.addresses();
    const isNew = addresses !== "" && addresses !== this.known;
    this.known = addresses;
    if (isNew) for (const listener of [...this.listeners]) listener();
  };

  /** The addresses of other machines' networks, or "" if there are none. */
  private addresses(): string {
    try {
      return Object.values(this.os.networkInterfaces())
        .flatMap((list = []) => list.filter(({ internal }) => !internal))
        .map(({ address }) => address)
        .sort()
        .join();
    } catch {
      // Some sandboxes forbid it.
      return "";
    }
  }
}
