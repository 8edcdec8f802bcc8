/**
 * Whether an encoder loses media by acknowledgements it did not ask for.
 *
 * FFmpeg closes its socket right behind deleteStream and librtmp (GStreamer's
 * rtmpsink, which sends no flashVer) never reads while it publishes. A system
 * that receives something for a closed socket, or closes one with bytes unread,
 * answers with a reset and drops what it still had to send: the end of the
 * stream. Neither waits for acknowledgements.
 *
 * Neither announces a window while it publishes. GStreamer's rtmp2sink and
 * nginx-rtmp do, and read what they asked for: 30 MB that rtmp2sink sends at
 * full speed, and closes behind, arrive whole.
 */
export function suffersFromAcknowledgements(flashVer: string): boolean {
  return flashVer === '' || flashVer.includes('Lavf');
}
