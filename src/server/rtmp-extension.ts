import type { RtmpPublication } from '../streams/rtmp-publication.js';

/**
 * A part of the package, or of an application, that works on the media of
 * every publish: a recorder, a relay. It runs on the media path, beside Nest.
 *
 * @publicApi
 */
export interface RtmpExtension {
  /**
   * A publish was accepted and its first message is still to come: add sinks
   * to `publication.stream` here. Its end reaches them as onEnd(). An error is
   * logged and does not end the publish.
   */
  onPublish?(publication: RtmpPublication): void;
  /** The server closes and all publishes have ended: settles when nothing is left to be written. */
  drain?(): Promise<void>;
}
