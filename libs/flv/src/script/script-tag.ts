import { Amf0Decoder, AmfError, type AmfDecodeOptions, type AmfObject, type AmfValue, isAmfObject } from '#lib/amf';
import { FlvError } from '../errors.js';
import { TagType } from '../tag/tag-header.js';

/** The name of the script data that describes a stream (FLV 10.1 §E.5). */
export const ON_META_DATA = 'onMetaData';

/** What `@setDataFrame` puts in front when metadata is sent over RTMP. */
const SET_DATA_FRAME = '@setDataFrame';

/** Script data: a name and values, nearly always one. */
export interface ScriptTag {
  readonly name: string;
  readonly values: readonly AmfValue[];
}

/**
 * Decodes the data of a script tag, AMF0 or with the framing of tag type 15. A leading `@setDataFrame`, which is
 * for RTMP servers, is left out.
 * @throws {FlvError} FLV_ERR_SCRIPT, with the AmfError as its cause.
 */
export function readScriptTag(
  payload: Uint8Array,
  tagType: number = TagType.Script,
  limits?: AmfDecodeOptions,
): ScriptTag {
  try {
    const decoder = openDecoder(payload, tagType, limits);
    let name = decoder.next();
    if (name === SET_DATA_FRAME && !decoder.done) name = decoder.next();
    if (typeof name !== 'string') throw new FlvError('FLV_ERR_SCRIPT', `It begins with a ${typeof name}, not a name.`);
    const values: AmfValue[] = [];
    while (!decoder.done) values.push(decoder.next());
    return { name, values };
  } catch (error) {
    throw asFlvError(error);
  }
}

/** onMetaData and where it ends. */
export interface MetadataTag {
  readonly properties: AmfObject;
  /** Bytes of the payload up to the end of the properties; a writer may have left room behind them. */
  readonly length: number;
}

/**
 * The properties of an onMetaData tag; undefined when it is script data of another name, or when it can not be decoded.
 * Values behind the first are not looked at: this library and others leave room there.
 */
export function readOnMetaData(
  payload: Uint8Array,
  tagType: number = TagType.Script,
  limits?: AmfDecodeOptions,
): MetadataTag | undefined {
  try {
    const decoder = openDecoder(payload, tagType, limits);
    let name = decoder.next();
    if (name === SET_DATA_FRAME) name = decoder.next();
    if (name !== ON_META_DATA) return undefined;
    const properties = decoder.next();
    return isAmfObject(properties) ? { properties, length: decoder.offset } : undefined;
  } catch (error) {
    if (error instanceof AmfError) return undefined;
    throw error;
  }
}

function openDecoder(payload: Uint8Array, tagType: number, limits?: AmfDecodeOptions): Amf0Decoder {
  return tagType === TagType.ScriptAmf3 ? Amf0Decoder.framed(payload, limits) : new Amf0Decoder(payload, limits);
}

function asFlvError(error: unknown): unknown {
  return error instanceof AmfError ? new FlvError('FLV_ERR_SCRIPT', error.message, { cause: error }) : error;
}
