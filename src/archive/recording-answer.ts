import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ByteRange, parseByteRange } from '../http/byte-range.js';
import { queryOf } from '../http/flv-request.js';
import type { RecordingReader, StoredRecording } from '../storage/recording-library.js';
import { mediaTypeOf } from './recording-archive.js';

/** Read from the storage at a time, in bytes. */
const BLOCK_SIZE = 256 * 1024;
/** A client that takes nothing for so long is cut off, in milliseconds: the file is open for it. A paused player asks again. */
const MAX_STALL = 300_000;

/**
 * Answers a GET or HEAD of a recording, whole or in part (RFC 9110 §14), and closes the reader. One that is still being
 * written is what it is at this moment.
 */
export async function answerWithRecording(
  request: IncomingMessage,
  response: ServerResponse,
  reader: RecordingReader,
): Promise<void> {
  try {
    const { recording } = reader;
    const range = rangeOf(request, recording);
    for (const [name, value] of Object.entries(headersOf(request, recording))) response.setHeader(name, value);
    if (range === 'unsatisfiable') {
      response.writeHead(416, { 'Content-Range': `bytes */${recording.bytes}` }).end();
      return;
    }
    if (recording.isComplete && matches(request.headers['if-none-match'], etagOf(recording))) {
      response.writeHead(304).end();
      return;
    }
    const { from, to } = range === 'all' ? { from: 0, to: recording.bytes } : range;
    response.setHeader('Content-Length', to - from);
    if (range !== 'all') response.setHeader('Content-Range', `bytes ${from}-${to - 1}/${recording.bytes}`);
    response.writeHead(range === 'all' ? 200 : 206);
    response.setTimeout(MAX_STALL, () => response.destroy());
    if (request.method === 'HEAD') response.end();
    else await pipeline(Readable.from(blocks(reader, from, to)), response);
  } catch {
    // The client is gone, or the storage failed half way: there is no other way to say so than to break off.
    response.destroy();
  } finally {
    await reader.close();
  }
}

function rangeOf(request: IncomingMessage, recording: StoredRecording): ByteRange | 'all' | 'unsatisfiable' {
  const { range, 'if-range': condition } = request.headers;
  // RFC 9110 §13.1.5: the part is only good for what has the same validator.
  if (condition !== undefined && !(recording.isComplete && condition === etagOf(recording))) return 'all';
  return parseByteRange(range, recording.bytes);
}

function headersOf(request: IncomingMessage, recording: StoredRecording): Record<string, string> {
  const { id, modifiedAt, isComplete } = recording;
  const isDownload = new URLSearchParams(queryOf(request.url)).has('download');
  const name = encodeURIComponent(id.slice(id.lastIndexOf('/') + 1));
  return {
    'Content-Type': mediaTypeOf(id) ?? 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    'Cache-Control': isComplete ? 'private, no-cache' : 'no-store',
    'Last-Modified': new Date(modifiedAt).toUTCString(),
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
    ...(isComplete && { ETag: etagOf(recording) }),
    ...(isDownload && { 'Content-Disposition': `attachment; filename*=UTF-8''${name}` }),
  };
}

function etagOf({ bytes, modifiedAt }: StoredRecording): string {
  return `"${bytes.toString(36)}-${modifiedAt.toString(36)}"`;
}

function matches(header: string | undefined, etag: string): boolean {
  return header !== undefined && header.split(',').some((one) => one.trim().replace(/^W\//u, '') === etag);
}

async function* blocks(reader: RecordingReader, from: number, to: number): AsyncIterable<Uint8Array> {
  for (let at = from; at < to;) {
    const bytes = await reader.read(at, Math.min(BLOCK_SIZE, to - at));
    if (bytes.length === 0) throw new Error('the recording has become shorter');
    at += bytes.length;
    yield bytes;
  }
}
