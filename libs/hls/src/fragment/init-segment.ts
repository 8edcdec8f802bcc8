import type * as Mediabunny from 'mediabunny';
import type { AudioFormat, TrackFormat, VideoFormat } from '../track/track-format.js';

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
  for (const format of formats) {
    if (format.kind === 'video') addVideo(library, output, format);
    else addAudio(library, output, format);
  }
  return output
    .start()
    .then(() => output.finalize())
    .then(() => new Uint8Array(initTarget.buffer!));
}

function addVideo(library: typeof Mediabunny, output: Mediabunny.Output, format: VideoFormat): void {
  const { codec, codecs, width, height, description, timescale } = format;
  output.addVideoTrack(new library.EncodedVideoPacketSource(codec), {
    // From this it makes the timescale.
    frameRate: timescale,
    decoderConfig: {
      codec: codecs,
      codedWidth: width,
      codedHeight: height,
      ...(description === undefined ? {} : { description }),
    },
  });
}

function addAudio(library: typeof Mediabunny, output: Mediabunny.Output, format: AudioFormat): void {
  const { codec, codecs, sampleRate, channels, description, firstFrame } = format;
  output.addAudioTrack(new library.EncodedAudioPacketSource(codec), {
    ...(firstFrame === undefined ? {} : { primingPacket: new library.EncodedPacket(firstFrame, 'key', 0, 0) }),
    decoderConfig: {
      codec: WEB_CODECS[codec] ?? codecs,
      sampleRate,
      numberOfChannels: channels,
      ...(description === undefined ? {} : { description }),
    },
  });
}

/** What browsers call codecs where they differ from RFC 6381. */
const WEB_CODECS: Readonly<Partial<Record<AudioFormat['codec'], string>>> = { opus: 'opus', flac: 'flac', mp3: 'mp3' };
