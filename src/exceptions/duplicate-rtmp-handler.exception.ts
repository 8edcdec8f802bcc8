/**
 * Two methods handle the same command of the same app, so one of them would
 * never run. Thrown at start.
 *
 * @publicApi
 */
export class DuplicateRtmpHandlerException extends Error {
  override readonly name = 'DuplicateRtmpHandlerException';

  constructor(
    readonly command: string,
    readonly app: string | undefined,
    readonly handlers: readonly [string, string],
  ) {
    const scope = app === undefined ? 'all apps' : `the app '${app}'`;
    super(
      `@RtmpCommand('${command}') is on ${handlers[0]} and on ${handlers[1]}, both for ${scope}: ` +
        `remove one, or give its controller an app of its own with @RtmpController('…').`,
    );
  }
}
