import { Controller, type ScopeOptions } from '@nestjs/common';
import { stampHandlers } from './rtmp-handler.decorator.js';

/**
 * A controller whose RTMP handlers are for one app: the first part of the path
 * in `rtmp://host/app/name`. A handler for the app goes before one for all.
 *
 * A plain `@Controller()` works as well; its handlers are for every app.
 *
 * @param app the app, case-sensitive; without it or with '*' every app
 * @param scope how often Nest makes one, as of `@Controller({ scope })`. Defaults to once
 * @publicApi
 */
export function RtmpController(app?: string, scope: ScopeOptions = {}): ClassDecorator {
  const only = app === '*' || app === '' ? undefined : app;
  if (only !== undefined && (only.includes('/') || only.includes('?'))) {
    throw new TypeError(`@RtmpController('${only}'): an app is the first part of the path alone, e.g. 'live'.`);
  }
  return (target) => {
    stampHandlers(target, only);
    Controller(scope)(target);
  };
}
