import { createHash, timingSafeEqual } from 'node:crypto';
import { keyEntries } from '../config/key-list.js';

/** What a publisher or player offers. */
export interface OfferedKey {
  /** Name of the stream, without the app. */
  readonly name: string;
  /** Query of the publishing name, the app or tcUrl. */
  readonly query: Readonly<Record<string, string>>;
}

/** A key that was accepted, and the name of the stream it is for. */
export interface AcceptedKey {
  readonly name: string;
  /** Which of the keys it was, without the key itself; undefined when there are none. */
  readonly identity?: string;
}

interface StreamKey {
  /** The one name it is good for; any when undefined. */
  readonly name: string | undefined;
  /** Of the key, as it comes percent-encoded, and of what it is when it is typed as it stands. */
  readonly digests: readonly [Buffer, Buffer];
}

/**
 * Who may publish, or play. A key is given as `?key=KEY` behind the name, or in place
 * of the name, as one pastes it into OBS for a streaming site; then the stream
 * gets the name that belongs to the key, and the key stays out of what viewers
 * and file names show.
 */
export class StreamKeys {
  readonly #keys: readonly StreamKey[];

  /** @param list keys separated by commas, each KEY (any name) or NAME=KEY */
  constructor(list: string | undefined) {
    this.#keys = keyEntries(list).map(({ name, key }) => ({ name, digests: [sha256(key), sha256(typed(key))] }));
  }

  /** Without any key everybody may. */
  get isOpen(): boolean {
    return this.#keys.length === 0;
  }

  /** The name of the stream, or undefined when the key is not good. */
  accept({ name, query }: OfferedKey): AcceptedKey | undefined {
    if (this.isOpen) return { name };
    const offered = query['key'];
    if (offered !== undefined) {
      const found = this.#find(offered, (key) => key.name === undefined || key.name === name);
      return found === undefined ? undefined : { name, identity: this.#identityOf(found) };
    }
    const found = this.#find(name, () => true);
    if (found === undefined) return undefined;
    return { name: found.name ?? `stream-${this.#keys.indexOf(found) + 1}`, identity: this.#identityOf(found) };
  }

  #identityOf(key: StreamKey): string {
    return `key ${this.#keys.indexOf(key) + 1}`;
  }

  /** Compares digests of all keys, so that the time says nothing about which matched or how much. */
  #find(offered: string, isGood: (key: StreamKey) => boolean): StreamKey | undefined {
    const digest = sha256(offered);
    let found: StreamKey | undefined;
    for (const key of this.#keys) {
      const [encoded, asItStands] = key.digests.map((own) => timingSafeEqual(own, digest));
      if ((encoded || asItStands) && isGood(key)) found ??= key;
    }
    return found;
  }
}

/** What a key is when it is typed into a URL as it stands: `%XX` in it has been decoded. */
function typed(key: string): string {
  return new URLSearchParams(`key=${key.replaceAll('+', '%2B')}`).get('key') ?? key;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
