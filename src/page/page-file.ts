import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Ways a body can be sent, the smallest first. */
const ENCODINGS = {
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 7, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes, { level: 8 }),
} as const;

/** How a body is sent. */
export type PageEncoding = keyof typeof ENCODINGS;

/** A file of the page, compressed once for every way it is asked for. */
export class PageFile {
  readonly type: string;
  /** Of its bytes: a new version has another. */
  readonly etag: string;
  readonly #compressed = new Map<PageEncoding, Promise<Buffer>>();

  constructor(
    name: string,
    readonly bytes: Buffer,
  ) {
    this.type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    this.etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  }

  /** The best encoding a client takes; undefined for none. */
  encodingFor(accepted: string): PageEncoding | undefined {
    const names = accepted.split(',').map((part) => part.split(';')[0]!.trim());
    return (Object.keys(ENCODINGS) as PageEncoding[]).find((name) => names.includes(name));
  }

  compressed(encoding: PageEncoding): Promise<Buffer> {
    let body = this.#compressed.get(encoding);
    if (body === undefined) this.#compressed.set(encoding, (body = ENCODINGS[encoding](this.bytes)));
    return body;
  }
}
