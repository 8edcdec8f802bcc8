/** A FourCC as the number it is on the wire, from its four characters. */
export function fourCcOf(text: string): number {
  return (
    ((text.charCodeAt(0) << 24) | (text.charCodeAt(1) << 16) | (text.charCodeAt(2) << 8) | text.charCodeAt(3)) >>> 0
  );
}

/** The four characters of a FourCC; those outside printable ASCII become `?`. */
export function fourCcName(fourCc: number): string {
  let name = '';
  for (let shift = 24; shift >= 0; shift -= 8) {
    const character = (fourCc >>> shift) & 0xff;
    name += character > 0x1f && character < 0x7f ? String.fromCharCode(character) : '?';
  }
  return name;
}

/** Reads the FourCC at `at`; the caller has checked that four bytes are there. */
export function readFourCc(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** The FourCCs of Enhanced RTMP v2. */
export const FourCc = {
  Avc: 0x61766331, // avc1
  Hevc: 0x68766331, // hvc1
  Vvc: 0x76766331, // vvc1
  Av1: 0x61763031, // av01
  Vp8: 0x76703038, // vp08
  Vp9: 0x76703039, // vp09
  Aac: 0x6d703461, // mp4a
  Mp3: 0x2e6d7033, // .mp3
  Opus: 0x4f707573, // Opus
  Flac: 0x664c6143, // fLaC
  Ac3: 0x61632d33, // ac-3
  Eac3: 0x65632d33, // ec-3
} as const;

/** Only these codecs carry a composition time in CodedFrames (E-RTMP v2, "Enhanced Video"). */
export function hasCompositionTime(fourCc: number): boolean {
  return fourCc === FourCc.Avc || fourCc === FourCc.Hevc || fourCc === FourCc.Vvc;
}
