import { defer, EMPTY, isObservable, mergeMap, Observable, type Subscriber } from 'rxjs';
import type { RtmpMediaKind } from '../handlers/rtmp-pattern.js';
import { MediaFeed } from '../media/media-feed.js';
import type { MediaHandlerRun } from '../media/media-handler-run.js';
import { SerialConsumer } from '../media/serial-consumer.js';
import { type MediaOpening, MediaParameters, placed } from './media-parameters.js';
import { copyMethodMetadata, rtmpHandler } from './rtmp-handler.decorator.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Makes a media handler of a method. Nest calls it once per publish with an
 * {@link RtmpMediaOpen}; what the method sees in its place are the messages.
 *
 * @throws {TypeError} for parameters that would get no messages
 */
export function rtmpMediaHandler(kind: RtmpMediaKind, name?: string): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as Method;
    const parameters = new MediaParameters(target, key, kind);
    const wrapper = function (this: unknown, ...given: unknown[]): unknown {
      const opening = parameters.openingOf(given);
      // A direct call, as a unit test of the controller makes it.
      if (opening === undefined) return method.apply(this, given);
      const { open, args, places } = opening;
      return new Observable<never>((subscriber) =>
        kind === 'media'
          ? consumeFeed(open.run, subscriber, (feed) => method.apply(this, placed(args, places, feed)))
          : consumeMessages(open.run, subscriber, bindMessage(this, method, opening)),
      );
    };
    copyMethodMetadata(method, wrapper);
    // Not returned alone: applyDecorators() of Nest passes one descriptor to all and looks at nothing they return.
    descriptor.value = wrapper;
    rtmpHandler({ rtmp: 'media', kind, ...(name === undefined ? {} : { name }) })(target, key, descriptor);
    return descriptor as never;
  };
}

/** The call for one message, with as little as possible around it. */
function bindMessage(self: unknown, method: Method, { args, places }: MediaOpening): (message: unknown) => unknown {
  if (places.length === 0) return () => method.apply(self, args as unknown[]);
  if (places.length === 1 && places[0] === 0) {
    if (args.length === 1) return (message) => method.call(self, message);
    if (args.length === 2) return (message) => method.call(self, message, args[1]);
  }
  return (message) => method.apply(self, placed(args, places, message));
}

function consumeMessages(
  run: MediaHandlerRun,
  subscriber: Subscriber<never>,
  handle: (message: unknown) => unknown,
): () => void {
  const consumer = new SerialConsumer(handle, run.limits, {
    onError: (error) => {
      run.fail(consumer, error);
      subscriber.error(error);
    },
    onDone: () => {
      run.finish(consumer);
      subscriber.complete();
    },
  });
  run.attach(consumer);
  return () => {
    run.leave(consumer);
    consumer.stop();
  };
}

function consumeFeed(
  run: MediaHandlerRun,
  subscriber: Subscriber<never>,
  call: (feed: MediaFeed) => unknown,
): () => void {
  const feed: MediaFeed = new MediaFeed(run.limits, () => run.detach(feed));
  run.attach(feed);
  completionOf(call, feed).subscribe({
    error: (error: unknown) => {
      run.fail(feed, error);
      run.finish(feed);
      subscriber.error(error);
    },
    complete: () => {
      run.finish(feed);
      subscriber.complete();
    },
  });
  return () => {
    run.leave(feed);
    feed.end();
  };
}

/** A handler may return nothing, a promise, an observable or a promise of one. */
function completionOf(call: (feed: MediaFeed) => unknown, feed: MediaFeed): Observable<unknown> {
  return defer(async () => call(feed)).pipe(mergeMap((result) => (isObservable(result) ? result : EMPTY)));
}
