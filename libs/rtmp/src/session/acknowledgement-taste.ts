/**
 * Whether an encoder loses media by acknowledgements it did not ask for.
 *
 * FFmpeg closes its socket right behind deleteStream and librtmp (GStreamer's
 * rtmpsink, which sends no flashVer) never reads while it publishes. A system
 * that receives something for a closed socket, or closes one with bytes unread,
 * answers with a reset and drops what it still had to send: the end of the
 * stream. Neither waits for acknowledgements.
 */
export function suffersFromAcknowledgements(flashVer: string): boolean {
  return flashVer === '' || flashVer.includes('Lavf');
}
