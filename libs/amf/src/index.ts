export { Amf0Decoder, decodeAmf0, decodeAmf3Framed } from './amf0-decoder.js';
export { AmfAvmPlus, avmPlus, encodeAmf0, encodeAmf3Framed } from './amf0-encoder.js';
export { Amf3Decoder, decodeAmf3 } from './amf3-decoder.js';
export { encodeAmf3 } from './amf3-encoder.js';
export { type AmfDecodeOptions } from './decode-options.js';
export { AMF_ERRORS, AmfError, type AmfErrorCode, AmfUsageError } from './errors.js';
export {
  type AmfExternalizableClass,
  type AmfExternalizableInput,
  type AmfExternalizableOutput,
  type ByteReader,
  type ByteWriter,
} from './externalizable.js';
export { type AmfLimits, DEFAULT_AMF_LIMITS, resolveLimits as resolveAmfLimits } from './limits.js';
export {
  AmfDictionary,
  AmfExternalizable,
  type AmfObject,
  type AmfTraits,
  type AmfValue,
  AmfVector,
  AmfXml,
  ecmaArray,
  isAmfObject,
  isEcmaArray,
  traitsOf,
  typedObject,
} from './values.js';
