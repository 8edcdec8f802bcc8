import { FlvWireFormat, type MediaMessage, RtmpWireFormat, type WireFormat } from '#lib/live';
import { ChunkDecoder } from '#lib/rtmp';
import { classifyMedia } from '#lib/flv';
import { chunks, control } from '../../support/rtmp-wire.js';
import type { MicroCase } from './measure.js';
import { groupOfPictures, picture } from './media-samples.js';

/** What a socket hands over at a time, in bytes. */
const READ_LENGTH = 64 * 1024;
const MESSAGES = 64;
const SET_CHUNK_SIZE = 1;

/** The chunk layer, both ways, and the first look at a message. */
export function rtmpCases(): MicroCase[] {
  const cases: MicroCase[] = [];
  for (const chunkSize of [128, 4096, 65_536]) {
    for (const length of [7000, 27_000]) cases.push(decodeChunks(chunkSize, length));
  }
  for (const chunkSize of [128, 4096, 65_536]) {
    cases.push(encodeMessages(`encode RTMP, chunks of ${chunkSize}, 7 kB`, new RtmpWireFormat(1, chunkSize)));
  }
  cases.push(encodeMessages('encode FLV tag, 7 kB', new FlvWireFormat()), classify());
  return cases;
}

/** One operation is one message; it arrives in reads of 64 KiB. */
function decodeChunks(chunkSize: number, length: number): MicroCase {
  const { typeId, payload } = picture(length);
  const message = chunks({ csid: 6, type: typeId, msid: 1, payload }, chunkSize);
  const stream = Buffer.concat(Array.from({ length: MESSAGES }, () => message));
  const reads: Buffer[] = [];
  for (let at = 0; at < stream.length; at += READ_LENGTH) reads.push(stream.subarray(at, at + READ_LENGTH));
  const decoder = new ChunkDecoder();
  decoder.push(control(SET_CHUNK_SIZE, chunkSize));
  decoder.next();
  return {
    name: `decode chunks of ${chunkSize}, ${length / 1000} kB`,
    bytes: length,
    batch: MESSAGES,
    run(operations) {
      let bytes = 0;
      for (let round = 0; round < operations / MESSAGES; round++) {
        for (const read of reads) {
          decoder.push(read);
          for (let decoded = decoder.next(); decoded !== undefined; decoded = decoder.next()) {
            bytes += decoded.payload.length;
          }
        }
      }
      return bytes;
    },
  };
}

function encodeMessages(name: string, format: WireFormat): MicroCase {
  const { typeId, payload } = picture(7000);
  const message: MediaMessage = { tagType: typeId, timestamp: 0, payload, flags: classifyMedia(typeId, payload) };
  const target = new Uint8Array(128 * 1024);
  return {
    name,
    bytes: payload.length,
    run(operations) {
      let at = 0;
      for (let done = 0; done < operations; done++) {
        message.timestamp = done & 0xffffff;
        if (target.length - at < format.measure(message)) at = 0;
        at = format.write(target, at, message);
      }
      return at;
    },
  };
}

function classify(): MicroCase {
  const samples = groupOfPictures();
  return {
    name: 'classifyMedia',
    run(operations) {
      let flags = 0;
      for (let done = 0, index = 0; done < operations; done++) {
        const { typeId, payload } = samples[index]!;
        flags ^= classifyMedia(typeId, payload);
        if (++index === samples.length) index = 0;
      }
      return flags;
    },
  };
}
