import type * as Mediabunny from 'mediabunny';
import { parseVpConfig } from '#lib/codecs';
import { type AudioFormat, shownWidth, type TrackFormat, type VideoFormat } from '../track/track-format.js';
import { findBoxes } from './mp4-boxes.js';

/**
 * The module `mediabunny`, which whoever uses this library loads. Its own types stay out of our declarations:
 * they need those of a browser, and who uses no HLS does not have them.
 */
export interface MuxingLibrary {
  readonly CmafOutputFormat: unknown;
}

/**
 * Writes the init segment, `ftyp` and `moov`, of some tracks, whose IDs are 1, 2 and so on. The library's
 * interface is one of promises; nothing is waited for but its own steps.
 *
 * @throws {Error} (rejects) the library does not take a decoder configuration
 */
export function writeInitSegment(muxing: MuxingLibrary, formats: readonly TrackFormat[]): Promise<Uint8Array> {
  const library = muxing as typeof Mediabunny;
  const initTarget = new library.BufferTarget();
  const output = new library.Output({
    format: new library.CmafOutputFormat(),
    target: new library.NullTarget(),
    initTarget,
  });
  try {
    for (const format of formats) {
      if (format.kind === 'video') addVideo(library, output, format);
      else addAudio(library, output, format);
    }
  } catch (error) {
    return Promise.reject(error as Error);
  }
  return output
    .start()
    .then(() => output.finalize())
    .then(() => {
      const bytes = new Uint8Array(initTarget.buffer!);
      writeShownSizes(bytes, formats);
      return bytes;
    });
}

function addVideo(library: typeof Mediabunny, output: Mediabunny.Output, format: VideoFormat): void {
  const { codec, width, height, pixelAspect, description, timescale } = format;
  output.addVideoTrack(new library.EncodedVideoPacketSource(codec), {
    // From this it makes the timescale.
    frameRate: timescale,
    decoderConfig: {
      codec: wholeCodecs(format),
      codedWidth: width,
      codedHeight: height,
      ...(pixelAspect !== undefined && {
        displayAspectWidth: width * pixelAspect.horizontal,
        displayAspectHeight: height * pixelAspect.vertical,
      }),
      ...(description === undefined ? {} : { description }),
    },
  });
}

/**
 * The track header says the size that pictures are shown in (ISO 14496-12 §8.3.2.3), which players that do not know the
 * pixel aspect ratio of the sample entry (§12.1.4) scale them to. The library writes the coded size there.
 */
function writeShownSizes(bytes: Uint8Array, formats: readonly TrackFormat[]): void {
  const tracks = findBoxes(bytes, 'moov').flatMap((moov) => findBoxes(moov, 'trak'));
  tracks.forEach((track, index) => {
    const format = formats[index];
    if (format?.kind !== 'video' || format.pixelAspect === undefined) return;
    const [header] = findBoxes(track, 'tkhd');
    // Its last two fields are width and height, of 16.16 bits each.
    header?.setUint16(header.byteLength - 8, Math.min(shownWidth(format), 0xffff));
  });
}

/**
 * For VP9 and AV1 the library makes the decoder configuration of this and nothing else: what playlists may leave out, such
 * as chroma subsampling and colours, has to be in it, or it becomes 4:2:0 and BT.709.
 */
function wholeCodecs({ codec, codecs, description }: VideoFormat): string {
  if (description === undefined) return codecs;
  if (codec === 'vp9') {
    const vp = parseVpConfig(description);
    const { chromaSubsampling, colourPrimaries, transferCharacteristics, matrixCoefficients, fullRange } = vp;
    const rest = [chromaSubsampling, colourPrimaries, transferCharacteristics, matrixCoefficients, fullRange ? 1 : 0];
    return [codecs, ...rest.map((value) => value.toString().padStart(2, '0'))].join('.');
  }
  if (codec === 'av1') {
    // monochrome, chroma_subsampling_x and _y, chroma_sample_position (AV1 in ISOBMFF §2.3.3); colours are in the OBUs.
    const bits = description[2]!;
    return `${codecs}.${(bits >> 4) & 1}.${(bits >> 3) & 1}${(bits >> 2) & 1}${bits & 3}.02.02.02.0`;
  }
  return codecs;
}

function addAudio(library: typeof Mediabunny, output: Mediabunny.Output, format: AudioFormat): void {
  const { codec, codecs, sampleRate, channels, description, firstFrame } = format;
  output.addAudioTrack(new library.EncodedAudioPacketSource(codec), {
    ...(firstFrame === undefined ? {} : { primingPacket: new library.EncodedPacket(firstFrame, 'key', 0, 0) }),
    decoderConfig: {
      // The library knows three object types of AAC. What it writes is the description, which says the true one.
      codec: codec === 'aac' ? 'mp4a.40.2' : (WEB_CODECS[codec] ?? codecs),
      sampleRate,
      numberOfChannels: channels,
      ...(description === undefined ? {} : { description }),
    },
  });
}

/** What browsers call codecs where they differ from RFC 6381. */
const WEB_CODECS: Readonly<Partial<Record<AudioFormat['codec'], string>>> = { opus: 'opus', flac: 'flac', mp3: 'mp3' };
