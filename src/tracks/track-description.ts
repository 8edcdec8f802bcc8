/** What is known of a track of a stream. */
export interface TrackDescription {
  readonly kind: 'video' | 'audio';
  readonly id: number;
  /** As in RFC 6381, e.g. `avc1.64001f`, when the configuration says; else the name. */
  readonly codec: string;
  /** For people, e.g. `H.264 High 4.0`. */
  readonly label: string;
  /** For people, e.g. `High`. */
  readonly profile?: string;
  /** For people, e.g. `4.0`. */
  readonly level?: string;
  readonly width?: number;
  readonly height?: number;
  /** Pictures per second that the encoder announced. */
  readonly frameRate?: number;
  readonly bitDepth?: number;
  /** In Hz. */
  readonly sampleRate?: number;
  readonly channels?: number;
}
