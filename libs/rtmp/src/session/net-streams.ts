/** What a NetStream is doing (RTMP 1.0 §7.2.2). */
export type NetStreamState = 'idle' | 'publishing' | 'playing';

/** The NetStreams of one connection by message stream ID; 0 is the NetConnection itself. */
export class NetStreams {
  readonly #states = new Map<number, NetStreamState>();
  /** Milliseconds, by message stream ID. */
  readonly #bufferLengths = new Map<number, number>();

  constructor(
    /** NetStreams at a time. */
    readonly limit: number,
  ) {}

  get(messageStreamId: number): NetStreamState | undefined {
    return this.#states.get(messageStreamId);
  }

  /** The lowest free message stream ID, or undefined at the limit. */
  create(): number | undefined {
    if (this.#states.size >= this.limit) return undefined;
    let id = 1;
    while (this.#states.has(id)) id++;
    this.#states.set(id, 'idle');
    return id;
  }

  /** Some encoders publish without createStream: their message stream ID becomes a NetStream as it is. */
  adopt(messageStreamId: number): boolean {
    if (this.#states.has(messageStreamId)) return true;
    if (messageStreamId === 0 || this.#states.size >= this.limit) return false;
    this.#states.set(messageStreamId, 'idle');
    return true;
  }

  set(messageStreamId: number, state: NetStreamState): void {
    this.#states.set(messageStreamId, state);
  }

  delete(messageStreamId: number): void {
    this.#states.delete(messageStreamId);
    this.#bufferLengths.delete(messageStreamId);
  }

  /** Milliseconds of media the peer keeps; undefined when it did not say. */
  bufferLength(messageStreamId: number): number | undefined {
    return this.#bufferLengths.get(messageStreamId);
  }

  /** Of a NetStream that there is, or of the connection as a whole, as librtmp says it. */
  setBufferLength(messageStreamId: number, milliseconds: number): void {
    if (messageStreamId === 0 || this.#states.has(messageStreamId)) {
      this.#bufferLengths.set(messageStreamId, milliseconds);
    }
  }

  /** The message stream ID of the only NetStream there is. */
  get only(): number | undefined {
    return this.#states.size === 1 ? this.#states.keys().next().value : undefined;
  }

  /** The message stream ID of the only NetStream in the state; undefined when there are none or several. */
  onlyIn(state: NetStreamState): number | undefined {
    let only: number | undefined;
    for (const [id, one] of this.#states) {
      if (one !== state) continue;
      if (only !== undefined) return undefined;
      only = id;
    }
    return only;
  }

  /** Whether any NetStream is in the state. */
  isAny(state: NetStreamState): boolean {
    for (const one of this.#states.values()) if (one === state) return true;
    return false;
  }

  /** Whether any NetStream publishes or plays. */
  get isAnyActive(): boolean {
    for (const state of this.#states.values()) if (state !== 'idle') return true;
    return false;
  }
}
