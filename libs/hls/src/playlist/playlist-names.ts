/** What a file of a stream is, by its name. */
export type HlsFile =
  | { readonly kind: 'playlist'; readonly rendition: string }
  | { readonly kind: 'init'; readonly rendition: string; readonly id: number }
  | { readonly kind: 'segment'; readonly rendition: string; readonly number: number }
  | { readonly kind: 'part'; readonly rendition: string; readonly number: number; readonly part: number };

const NAME = /^([a-z]+[0-9]{0,3})(?:_init_([0-9]{1,9})\.mp4|_([0-9]{1,9})(?:\.([0-9]{1,4}))?\.(?:m4s|ts)|\.m3u8)$/u;

/** What names of renditions without video begin with: their files are told by it. */
export const AUDIO = 'audio';

/** Whether there is nothing but audio in the files of a rendition. */
export function isAudioRendition(rendition: string): boolean {
  return rendition.startsWith(AUDIO);
}

/** Name of a rendition's media playlist. */
export function playlistName(rendition: string): string {
  return `${rendition}.m3u8`;
}

/** Name of an init segment. */
export function initName(rendition: string, id: number): string {
  return `${rendition}_init_${id}.mp4`;
}

/** Name of a segment, or of a part of it. */
export function segmentName(rendition: string, number: number, extension: string, part?: number): string {
  return `${rendition}_${number}${part === undefined ? '' : `.${part}`}.${extension}`;
}

/** What a name stands for; undefined when it is none of ours. */
export function parseFileName(name: string): HlsFile | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, rendition = '', id, number, part] = match;
  if (id !== undefined) return { kind: 'init', rendition, id: Number(id) };
  if (number === undefined) return { kind: 'playlist', rendition };
  if (part === undefined) return { kind: 'segment', rendition, number: Number(number) };
  return { kind: 'part', rendition, number: Number(number), part: Number(part) };
}
