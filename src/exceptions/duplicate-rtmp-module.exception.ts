/**
 * An application has more than one RtmpModule. Each would be a server of its own, with the handlers of all controllers,
 * and would know nothing of the streams of the other. Thrown at start.
 *
 * @publicApi
 */
export class DuplicateRtmpModuleException extends Error {
  override readonly name = 'DuplicateRtmpModuleException';

  constructor(readonly count: number) {
    super(
      `RtmpModule is there ${count} times, and may be once: call forRoot() in one place, with all listeners, and use ` +
        `isGlobal: true instead of importing RtmpModule again, or import what forRoot() returned.`,
    );
  }
}
