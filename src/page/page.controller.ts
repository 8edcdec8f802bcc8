import {
  Controller,
  Get,
  NotFoundException,
  Req,
  Res,
  ServiceUnavailableException,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { type AdapterRequest, type AdapterResponse, rawRequest, rawResponse } from '../http/adapter-request.js';
import type { PageFile } from './page-file.js';
import { BUILD_COMMAND, PageFiles } from './page-files.js';

/** Nothing but what this server serves runs, is shown or is asked for; nobody frames it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  // Asked for again every time, answered with 304 when it is the same.
  'Cache-Control': 'no-cache',
  Vary: 'Accept-Encoding',
};

/** The page at `/` and its files under `/page/`. They hold no secrets: what they show comes from the admin API. */
@Controller({ version: VERSION_NEUTRAL })
export class PageController {
  constructor(private readonly files: PageFiles) {}

  @Get()
  async index(@Req() request: AdapterRequest, @Res() response: AdapterResponse): Promise<void> {
    await this.#send('index.html', request, response);
  }

  @Get('page/missing')
  missing(): string[] {
    return this.files.missing;
  }

  @Get(['page/:name', 'page/:folder/:name'])
  async file(@Req() request: AdapterRequest, @Res() response: AdapterResponse): Promise<void> {
    const path = (rawRequest(request).url ?? '').split('?')[0]!;
    await this.#send(path.replace(/^.*?\/page\//u, ''), request, response);
  }

  async #send(path: string, request: AdapterRequest, response: AdapterResponse): Promise<void> {
    const file = this.files.get(path);
    if (file === undefined && path === 'index.html') {
      throw new ServiceUnavailableException(`The page is not built: ${BUILD_COMMAND}`);
    }
    if (file === undefined) throw new NotFoundException();
    const { headers, method } = rawRequest(request);
    response.hijack?.();
    const raw = rawResponse(response);
    for (const [name, value] of Object.entries(HEADERS)) raw.setHeader(name, value);
    raw.setHeader('ETag', file.etag);
    if (headers['if-none-match'] === file.etag) {
      raw.writeHead(304).end();
      return;
    }
    const body = await encoded(file, headers['accept-encoding'] ?? '', (name) =>
      raw.setHeader('Content-Encoding', name),
    );
    raw.setHeader('Content-Type', file.type);
    raw.setHeader('Content-Length', body.length);
    raw.writeHead(200).end(method === 'HEAD' ? undefined : body);
  }
}

async function encoded(file: PageFile, accepted: string, onEncoding: (name: string) => void): Promise<Buffer> {
  const encoding = file.encodingFor(accepted);
  if (encoding === undefined) return file.bytes;
  onEncoding(encoding);
  return file.compressed(encoding);
}
