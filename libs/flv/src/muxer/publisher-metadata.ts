import { type AmfObject, AmfUsageError, type AmfValue, encodeAmf0, isAmfObject, traitsOf } from '#lib/amf';

/** What a file says about itself, never what a publisher said about its stream. */
const OWN_KEYS: ReadonlySet<string> = new Set([
  'duration',
  'filesize',
  'fileSize',
  'datasize',
  'videosize',
  'audiosize',
  'keyframes',
  'hasVideo',
  'hasAudio',
  'hasMetadata',
  'hasKeyframes',
  'hasCuePoints',
  'canSeekToEnd',
  'lasttimestamp',
  'lastkeyframetimestamp',
  'lastkeyframelocation',
  'metadatacreator',
  // Maps of tracks of the connection; those of the file are made anew.
  'videoTrackIdInfoMap',
  'audioTrackIdInfoMap',
]);

/** Keys of which the file knows better, unless it could not find out; the value must be of this type. */
const KNOWN_KEYS: ReadonlyMap<string, 'number' | 'boolean'> = new Map([
  ['width', 'number'],
  ['height', 'number'],
  ['framerate', 'number'],
  ['videocodecid', 'number'],
  ['videodatarate', 'number'],
  ['audiocodecid', 'number'],
  ['audiodatarate', 'number'],
  ['audiosamplerate', 'number'],
  ['audiosamplesize', 'number'],
  ['audiochannels', 'number'],
  ['stereo', 'boolean'],
] as const);

/** The publisher's onMetaData, divided. */
export interface PublisherMetadata {
  /** What stands in for figures the file does not have of its own. */
  readonly known: AmfObject;
  /** Everything else it sent, to be kept. */
  readonly extra: AmfObject;
}

/**
 * Takes from a publisher's onMetaData what a file may keep: nothing that speaks about a file, nothing that readers of
 * files stop at, and no more than `maxLength` bytes of keys that are not known; those that come first are preferred.
 */
export function adoptMetadata(metadata: AmfObject, maxLength: number): PublisherMetadata {
  const known = Object.create(null) as AmfObject;
  const extra = Object.create(null) as AmfObject;
  let room = maxLength;
  for (const [key, value] of Object.entries(metadata)) {
    if (key === '' || OWN_KEYS.has(key)) continue;
    const type = KNOWN_KEYS.get(key);
    if (type !== undefined) {
      if (typeof value === type && isPlain(value)) known[key] = value;
      continue;
    }
    const length = encodedLength(key, value);
    if (length === undefined || length > room || !isPlain(value)) continue;
    room -= length;
    extra[key] = value;
  }
  return { known, extra };
}

/** Undefined for what AMF0 has no form for. */
function encodedLength(key: string, value: AmfValue): number | undefined {
  try {
    return encodeAmf0({ [key]: value }).length;
  } catch (error) {
    if (error instanceof AmfUsageError) return undefined;
    throw error;
  }
}

/**
 * Whether the value is of the types every reader knows. At any other FFmpeg stops reading, and loses what comes after,
 * as it does at a property without a name. What comes here was encoded, so that it is not inside itself.
 */
function isPlain(value: AmfValue): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'boolean' || typeof value === 'string' || value === null || value instanceof Date) return true;
  if (Array.isArray(value)) return value.every(isPlain);
  if (!isAmfObject(value) || traitsOf(value) !== undefined) return false;
  return Object.entries(value).every(([key, member]) => key !== '' && isPlain(member));
}
