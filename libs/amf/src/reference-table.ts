import type { AmfCost, AmfInput } from './amf-input.js';

interface Entry<T> {
  readonly value: T;
  /** Undefined while the value is being read; a reference to it is then a cycle, which adds nothing. */
  cost: AmfCost | undefined;
}

/** What has been sent and may be referred to, by the order in which it began. */
export class ReferenceTable<T> {
  readonly #entries: Array<Entry<T>> = [];
  readonly #input: AmfInput;
  readonly #what: string;

  /** @param what the word for its entries in errors */
  constructor(input: AmfInput, what: string) {
    this.#input = input;
    this.#what = what;
  }

  get(index: number): T {
    const entry = this.#entries[index];
    if (entry === undefined) {
      throw this.#input.fail('AMF_ERR_REFERENCE', `${this.#what} ${index} of ${this.#entries.length}`);
    }
    if (entry.cost !== undefined) this.#input.spendAgain(entry.cost);
    return entry.value;
  }

  /** A value with nothing inside: it enters when it has been read. */
  leaf<V extends T>(read: () => V): V {
    const before = this.#input.spent();
    const value = read();
    this.#entries.push({ value, cost: this.#input.spentSince(before) });
    return value;
  }

  /**
   * A value with others inside: it enters before they are read, so that they can refer to it.
   *
   * @param before what had been spent when the value began
   */
  container<V extends T>(value: V, fill: (value: V) => void, before: AmfCost = this.#input.spent()): V {
    const entry: Entry<T> = { value, cost: undefined };
    this.#entries.push(entry);
    this.#input.nested(() => fill(value));
    entry.cost = this.#input.spentSince(before);
    return value;
  }
}
