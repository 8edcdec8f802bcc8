import { gunzipSync } from 'node:zlib';
import { monotonicNow } from './clock.js';
import { type HttpAnswer, HttpLink } from './http-link.js';
import type { HlsJobOptions } from './load-job.js';
import type { Samples } from './samples.js';
import { SequenceCheck } from './sequence-check.js';
import { forEachTag } from './tagged-media.js';

/** Where clients note what they measure; shared by all of them. */
export interface HlsBook {
  /** Whether the window is open. */
  isMeasuring: boolean;
  readonly latency: Samples;
  /** Length of each file, which has to be the same for all. */
  readonly lengths: Map<string, number>;
  requests: number;
  mediaBytes: number;
  playlistBytes: number;
  files: number;
}

const FILE = /_(\d+)(?:\.(\d+))?\.m4s/u;
const MAX_PROBLEMS = 3;
/** How long a client waits between two polls of a playlist without parts, in milliseconds. */
const POLL_INTERVAL = 2000;

/** What was unpacked last: all clients are sent the same. */
let packed = '';
let unpacked = '';

/** Watches a stream over two connections, as players do: playlists on one, what they list on the other. */
export class HlsClient {
  readonly #options: HlsJobOptions;
  readonly #book: HlsBook;
  readonly #playlists: HttpLink;
  readonly #media: HttpLink;
  /** Looks into what it gets. */
  readonly #looksInside: boolean;
  readonly #order = new SequenceCheck();
  readonly problems: string[] = [];
  #base = '';
  #playlist = '';
  /** The newest part or segment it knows of. */
  #newest: string | undefined;
  #polling: NodeJS.Timeout | undefined;
  #isClosed = false;
  #onBegin: (() => void) | undefined;
  gaps = 0;

  constructor(options: HlsJobOptions, book: HlsBook, looksInside: boolean) {
    this.#options = options;
    this.#book = book;
    this.#looksInside = looksInside;
    this.#playlists = new HttpLink(options.port);
    this.#media = new HttpLink(options.port);
  }

  get isDisconnected(): boolean {
    return this.#playlists.isClosed || this.#media.isClosed;
  }

  /** What is missing in what it looked into. */
  get missing(): number {
    return this.#order.gaps + this.#order.reordered;
  }

  /** Begins to watch; resolves with the first part or segment. */
  open(): Promise<void> {
    const begun = new Promise<void>((resolve) => (this.#onBegin = resolve));
    const entry = `/live/${this.#options.stream}.m3u8`;
    this.#ask(entry, (text) => {
      const uri = text.split('\n').find((line) => line !== '' && !line.startsWith('#'));
      if (uri === undefined) return this.#fail(`${entry} lists nothing`);
      this.#base = `/live/${uri.slice(0, uri.lastIndexOf('/') + 1)}`;
      this.#playlist = uri.slice(uri.lastIndexOf('/') + 1);
      this.#load('');
    });
    return begun;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#polling);
    this.#playlists.close();
    this.#media.close();
  }

  #load(directives: string): void {
    const { asksFor } = this.#options;
    this.#ask(`${this.#base}${this.#playlist}${directives}`, (text) =>
      asksFor === 'segments' ? this.#onSegments(text) : this.#onParts(text, asksFor),
    );
  }

  #onParts(text: string, asksFor: 'hinted' | 'listed'): void {
    const hint = uriBehind(text, '#EXT-X-PRELOAD-HINT:');
    const listed = uriBehind(text, '#EXT-X-PART:');
    const [, number, part] = FILE.exec(hint) ?? [];
    if (number === undefined || part === undefined) return this.#fail(`a playlist without a hint: ${text.slice(-200)}`);
    // What was hinted at before is what is listed last now, or something was left out.
    if (this.#newest !== undefined && listed !== this.#newest) this.gaps++;
    this.#newest = hint;
    this.#load(`?_HLS_msn=${number}&_HLS_part=${part}`);
    this.#fetch(asksFor === 'hinted' ? hint : listed);
  }

  #onSegments(text: string): void {
    const segment = text.split('\n').findLast((line) => line !== '' && !line.startsWith('#'));
    const number = Number(FILE.exec(segment ?? '')?.[1]);
    if (segment === undefined || !Number.isInteger(number)) return this.#fail('a playlist without segments');
    this.#polling = setTimeout(() => this.#load(''), POLL_INTERVAL);
    if (segment === this.#newest) return;
    const before = this.#newest === undefined ? number - 1 : Number(FILE.exec(this.#newest)![1]);
    for (let next = before + 1; next <= number; next++) this.#fetch(segment.replace(`_${number}.`, `_${next}.`));
    this.#newest = segment;
  }

  #fetch(uri: string): void {
    this.#media.get(`${this.#base}${uri}`, this.#looksInside, (answer) => {
      const { status, length } = answer;
      if (status !== 200) return this.#fail(`${uri} was ${status}`);
      const known = this.#book.lengths.get(uri) ?? length;
      this.#book.lengths.set(uri, known);
      if (known !== length || length === 0) this.#fail(`${uri} has ${length} bytes, not ${known}`);
      if (this.#book.isMeasuring) {
        this.#book.requests++;
        this.#book.files++;
        this.#book.mediaBytes += length;
      }
      if (answer.body !== undefined) this.#look(answer.body);
      this.#onBegin?.();
    });
  }

  #ask(path: string, onText: (text: string) => void): void {
    this.#playlists.get(path, true, (answer) => {
      if (answer.status !== 200) return this.#fail(`${path} was ${answer.status}`);
      if (this.#book.isMeasuring) {
        this.#book.requests++;
        this.#book.playlistBytes += answer.length;
      }
      if (!this.#isClosed) onText(textOf(answer));
    });
  }

  #look(bytes: Buffer): void {
    let newest = 0;
    forEachTag(bytes, (typeId, { sequence, sentAt }) => {
      this.#order.note(typeId, sequence);
      newest = Math.max(newest, sentAt);
    });
    if (newest > 0 && this.#book.isMeasuring) this.#book.latency.add(monotonicNow() - newest);
  }

  #fail(problem: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
  }
}

/** The URI attribute of the last such tag. */
function uriBehind(text: string, tag: string): string {
  const from = text.indexOf('URI="', text.lastIndexOf(tag)) + 5;
  return text.slice(from, text.indexOf('"', from));
}

function textOf({ body, isGzip }: HttpAnswer): string {
  if (!isGzip) return body!.toString('latin1');
  const bytes = body!.toString('latin1');
  if (bytes !== packed) {
    unpacked = gunzipSync(body!).toString('latin1');
    packed = bytes;
  }
  return unpacked;
}
