/**
 * The server was to listen while it does, or is about to: it was handed to Nest twice, or started twice. It may listen
 * again when it is closed.
 *
 * @publicApi
 */
export class AlreadyListeningException extends Error {
  override readonly name = 'AlreadyListeningException';

  constructor() {
    super(
      'RtmpServer listens already: hand it to connectMicroservice() once, and call startAllMicroservices() once, ' +
        'or close() it first.',
    );
  }
}
