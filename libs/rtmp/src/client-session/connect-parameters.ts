import type { AmfObject, AmfValue } from '#lib/amf';
import { ANY_FOUR_CC, CapsEx, FourCcInfo } from '../command/client-capabilities.js';

/** Codecs of Enhanced RTMP by name, for servers that do not know what `*` means. */
const FOUR_CCS = ['av01', 'avc1', 'hvc1', 'vvc1', 'vp08', 'vp09', 'ac-3', 'ec-3', '.mp3', 'mp4a', 'Opus', 'fLaC'];

/** What a client says of itself in connect (RTMP 1.0 §7.2.1.1). */
export interface ConnectParameters {
  /** Application, with the instance and the query if there are any. */
  readonly app: string;
  /** The address up to the application. */
  readonly tcUrl: string;
  /** Who it is. Servers look for `FMLE/` in it to tell publishers from players. */
  readonly flashVer: string;
  /** Say that all of Enhanced RTMP is understood, and passed on. Defaults to true. */
  readonly enhanced?: boolean;
  /** More properties of the command object, over the others. */
  readonly properties?: AmfObject;
  /** Values behind the command object. */
  readonly args?: readonly AmfValue[];
}

/** The command object of connect. */
export function connectObject(parameters: ConnectParameters): AmfObject {
  const { app, tcUrl, flashVer, enhanced = true, properties } = parameters;
  const object: AmfObject = {
    app,
    type: 'nonprivate',
    flashVer,
    tcUrl,
    fpad: false,
    capabilities: 15,
    audioCodecs: 4071,
    videoCodecs: 252,
    videoFunction: 1,
    objectEncoding: 0,
  };
  if (enhanced) Object.assign(object, enhancedProperties());
  return Object.assign(object, properties);
}

/** A client that hands messages on as they are: it neither decodes nor encodes (E-RTMP v2, connect). */
function enhancedProperties(): AmfObject {
  return {
    fourCcList: [...FOUR_CCS],
    videoFourCcInfoMap: { [ANY_FOUR_CC]: FourCcInfo.CanForward },
    audioFourCcInfoMap: { [ANY_FOUR_CC]: FourCcInfo.CanForward },
    capsEx: CapsEx.Reconnect | CapsEx.Multitrack | CapsEx.ModEx | CapsEx.TimestampNanoOffset,
  };
}
