import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeAmf0, encodeAmf0 } from '#lib/amf';
import { ChunkDecoder, MessageTypeId } from '#lib/rtmp';
import { ROOT } from '../paths.js';
import type { MicroCase } from './measure.js';

const FIXTURES = join(ROOT, 'test/fixtures');
/** C0, C1 and C2. */
const HANDSHAKE_LENGTH = 1 + 2 * 1536;

/** AMF0 of commands and metadata that FFmpeg sent. */
export function amfCases(): MicroCase[] {
  const capture = readFileSync(join(FIXTURES, 'ffmpeg5.rtmpcap'));
  const connect = firstMessage(capture, MessageTypeId.CommandAmf0);
  const metadata = firstMessage(capture, MessageTypeId.DataAmf0);
  return [decode('decode AMF0 connect', connect), decode('decode AMF0 onMetaData', metadata), encodeStatus()];
}

function decode(name: string, payload: Uint8Array): MicroCase {
  return {
    name: `${name}, ${payload.length} bytes`,
    bytes: payload.length,
    run(operations) {
      let values = 0;
      for (let done = 0; done < operations; done++) values += decodeAmf0(payload).length;
      return values;
    },
  };
}

function encodeStatus(): MicroCase {
  const status = {
    level: 'status',
    code: 'NetStream.Publish.Start',
    description: 'cam1 is now published.',
    details: 'cam1',
  };
  const encode = () => encodeAmf0('onStatus', 0, null, status);
  const { length } = encode();
  return {
    name: `encode AMF0 onStatus, ${length} bytes`,
    bytes: length,
    run(operations) {
      let bytes = 0;
      for (let done = 0; done < operations; done++) bytes += encode().length;
      return bytes;
    },
  };
}

function firstMessage(capture: Buffer, typeId: number): Uint8Array {
  const decoder = new ChunkDecoder();
  decoder.push(capture.subarray(HANDSHAKE_LENGTH));
  for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
    if (message.messageTypeId === typeId) return message.payload.slice();
  }
  throw new Error(`the capture holds no message of type ${typeId}`);
}
