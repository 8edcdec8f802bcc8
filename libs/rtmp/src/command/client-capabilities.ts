import { type AmfObject, type AmfValue, isAmfObject } from '#lib/amf';

/** What a side can do with a codec: flags of the FourCC maps (E-RTMP v2, "Enhancing NetConnection connect Command"). */
export const FourCcInfo = { CanDecode: 1, CanEncode: 2, CanForward: 4 } as const;

/** Flags of `capsEx` (E-RTMP v2). */
export const CapsEx = { Reconnect: 1, Multitrack: 2, ModEx: 4, TimestampNanoOffset: 8 } as const;

/** Stands for every FourCC. */
export const ANY_FOUR_CC = '*';

/** Codecs by FourCC, `*` for all, with flags of {@link FourCcInfo}. */
export type FourCcInfoMap = ReadonlyMap<string, number>;

/** What a client says in connect about its Enhanced RTMP. */
export interface ClientCapabilities {
  /** Codecs of `fourCcList`, audio and video, as sent; the way of E-RTMP v1, and of FFmpeg. */
  readonly fourCcList: readonly string[];
  readonly videoFourCcInfoMap: FourCcInfoMap;
  readonly audioFourCcInfoMap: FourCcInfoMap;
  /** Flags of {@link CapsEx}. */
  readonly capsEx: number;
}

/**
 * Reads what a client says of itself; undefined when it says nothing, as OBS
 * and everything older does. What is of the wrong type was not said.
 */
export function readClientCapabilities(connect: AmfObject): ClientCapabilities | undefined {
  const { fourCcList, videoFourCcInfoMap, audioFourCcInfoMap, capsEx } = connect;
  const isAnySaid =
    isList(fourCcList) || isAmfObject(videoFourCcInfoMap) || isAmfObject(audioFourCcInfoMap) || isFlags(capsEx);
  if (!isAnySaid) return undefined;
  return {
    fourCcList: isList(fourCcList) ? Object.values(fourCcList).filter(isFourCc) : [],
    videoFourCcInfoMap: readInfoMap(videoFourCcInfoMap),
    audioFourCcInfoMap: readInfoMap(audioFourCcInfoMap),
    capsEx: isFlags(capsEx) ? capsEx : 0,
  };
}

/** Whether the client said that it takes a codec: to decode it, or to forward it. `*` outweighs what is said of one. */
export function takesFourCc(capabilities: ClientCapabilities, kind: 'audio' | 'video', fourCc: string): boolean {
  const { fourCcList, videoFourCcInfoMap, audioFourCcInfoMap } = capabilities;
  if (fourCcList.includes(ANY_FOUR_CC) || fourCcList.includes(fourCc)) return true;
  const map = kind === 'audio' ? audioFourCcInfoMap : videoFourCcInfoMap;
  const flags = map.get(ANY_FOUR_CC) ?? map.get(fourCc) ?? 0;
  return (flags & (FourCcInfo.CanDecode | FourCcInfo.CanForward)) !== 0;
}

/**
 * What this server says of itself to a client that speaks Enhanced RTMP: it
 * decodes nothing and passes on everything, tracks and ModEx included, as it came.
 */
export function serverCapabilities(): AmfObject {
  const forward = (): AmfObject => nullObject({ [ANY_FOUR_CC]: FourCcInfo.CanForward });
  return nullObject({
    fourCcList: [ANY_FOUR_CC],
    videoFourCcInfoMap: forward(),
    audioFourCcInfoMap: forward(),
    capsEx: CapsEx.Reconnect | CapsEx.Multitrack | CapsEx.ModEx | CapsEx.TimestampNanoOffset,
  });
}

/** A strict array; some libraries send an ECMA array or an object with the indices as names. */
function isList(value: AmfValue): value is AmfValue[] | AmfObject {
  return Array.isArray(value) || isAmfObject(value);
}

function readInfoMap(value: AmfValue): FourCcInfoMap {
  if (!isAmfObject(value)) return new Map();
  return new Map(
    Object.entries(value).filter((entry): entry is [string, number] => isFourCc(entry[0]) && isFlags(entry[1])),
  );
}

function isFourCc(value: unknown): value is string {
  return value === ANY_FOUR_CC || (typeof value === 'string' && value.length === 4);
}

function isFlags(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
}

function nullObject(properties: object): AmfObject {
  return Object.assign(Object.create(null), properties) as AmfObject;
}
