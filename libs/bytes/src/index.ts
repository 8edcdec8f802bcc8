export { BitReader } from './bit-reader.js';
export { ByteReader } from './byte-reader.js';
export { ByteWriter } from './byte-writer.js';
export { type OverrunError } from './overrun.js';
