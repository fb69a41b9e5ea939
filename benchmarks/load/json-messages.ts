/** Makes JSON messages like those of applications, identical in every run. */

const firstNames =
  "Anna Ben Chloé David Elif Farid Greta Hugo Ines Jonas Kira Liam Mona Nils Olga Paul";
const lastNames =
  "Adams Baker Chen Diaz Evans Fischer García Haas Ito Jensen Kaya Lopez Müller Novak Okafor";
const types = "order.created order.updated user.presence chat.message price.tick metric.sample";
const words =
  "the quick update for your order has been delivered to warehouse please check it again before " +
  "noon thanks we will call back about invoice and shipping soon because nobody was there today";

const encoder = new TextEncoder();
/** A time in November 2025, in milliseconds. */
const epoch = 1_763_700_000_000;
const day = 86_400_000;

/** Minimum number of bytes before the messages repeat: more than the largest window. */
const period = 40_960;

/** A linear congruential generator, which draws the same numbers in every run. */
class Draw {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  /** Returns an integer from 0 to `limit` - 1. */
  below(limit: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * limit);
  }

  word(list: string): string {
    const all = list.split(" ");
    return all[this.below(all.length)];
  }

  text(least: number, most: number): string {
    const count = least + this.below(most - least + 1);
    return Array.from({ length: count }, () => this.word(words)).join(" ");
  }

  id(): string {
    return Array.from({ length: 24 }, () => this.below(16).toString(16)).join("");
  }
}

function event(draw: Draw) {
  return {
    type: draw.word(types),
    id: draw.id(),
    ts: epoch + draw.below(day),
    user: `${draw.word(firstNames)} ${draw.word(lastNames)}`,
    data: {
      price: draw.below(1e6) / 100,
      quantity: draw.below(100),
      text: draw.text(5, 9),
    },
  };
}

function record(draw: Draw) {
  const [first, last] = [draw.word(firstNames), draw.word(lastNames)];
  const email = `${first}.${last}@example.com`.toLowerCase();
  return {
    id: draw.id(),
    type: draw.word(types),
    ts: new Date(epoch + draw.below(day)).toISOString(),
    user: { id: draw.below(1e6), name: `${first} ${last}`, email },
    amount: draw.below(1e7) / 100,
    quantity: draw.below(50),
    active: draw.below(2) === 0,
    text: draw.text(2, 9),
  };
}

function makeMessage(draw: Draw, size: number, sequence: number): string {
  if (size < 512) return JSON.stringify(event(draw));
  const items: unknown[] = [];
  for (let length = 0; length < size; ) {
    const item = record(draw);
    items.push(item);
    length += JSON.stringify(item).length + 1;
  }
  return JSON.stringify({ sequence, items });
}

/**
 * Makes distinct messages. Together they exceed the largest window, so a message has left the
 * window when it is sent again.
 *
 * @param size - Approximate length of a message in bytes.
 * @param multiple - The number of messages is a multiple of this.
 */
export function makeJsonMessages(size: number, multiple = 1): Uint8Array[] {
  const draw = new Draw(7);
  const messages: Uint8Array[] = [];
  let total = 0;
  while (total < period || messages.length < 3 || messages.length % multiple !== 0) {
    const message = encoder.encode(makeMessage(draw, size, messages.length));
    messages.push(message);
    total += message.length;
  }
  return messages;
}
