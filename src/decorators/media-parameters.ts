import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { Payload } from '@nestjs/microservices';
import { RpcParamtype } from '@nestjs/microservices/enums/rpc-paramtype.enum.js';
import type { RtmpMediaKind } from '../handlers/rtmp-pattern.js';
import { RtmpMediaOpen } from '../media/rtmp-media-open.js';

/** Where a parameter of our own stands, behind all that a method declares. */
const OPEN_INDEX = 64;

/**
 * Has Nest pass what it opens the handler with, whatever the method asked for. That tells its call from a direct one,
 * e.g. of a unit test.
 */
const MediaOpen = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  context.switchToRpc().getData<unknown>(),
);

/** What parameter decorators leave behind, by `type:index`. */
type ParameterMetadata = Readonly<Record<string, { readonly index: number; readonly data?: unknown }>>;

/** A call of a media handler by Nest. */
export interface MediaOpening {
  readonly open: RtmpMediaOpen;
  /** The arguments the method is called with, once the messages are in their places. */
  readonly args: readonly unknown[];
  /** Where in them the messages go. */
  readonly places: readonly number[];
}

/** The parameters of a media handler, as its decorators say. */
export class MediaParameters {
  readonly #count: number;
  readonly #payloads: readonly number[];
  /** `Controller.method`. */
  readonly #name: string;

  /**
   * Reads what the decorators of the parameters have left, which run before those of the method.
   *
   * @throws {TypeError} for `@Payload()` of a property, and for a `@RtmpMedia()` handler without any payload
   */
  constructor(target: object, key: string | symbol, kind: RtmpMediaKind) {
    // What Nest does itself where no parameter has a decorator.
    if (parametersOf(target, key).length === 0) Payload()(target, key, 0);
    const all = parametersOf(target, key);
    const payloads = all.filter(([type]) => type.startsWith(`${RpcParamtype.PAYLOAD}:`));
    const name = `${target.constructor.name}.${String(key)}`;
    this.#name = name;
    for (const [, { data }] of payloads) {
      if (typeof data !== 'string' || data === '') continue;
      const instead =
        kind === 'media' ? '@Payload() media, which is iterated' : `@Payload() message, and message.${data}`;
      throw new TypeError(`${name}: a media handler takes no @Payload('${data}'): write ${instead}.`);
    }
    const isPlain = all.every(([type]) => /^\d+:/u.test(type));
    if (kind === 'media' && isPlain && payloads.length === 0) {
      throw new TypeError(`${name}: a @RtmpMedia() handler gets its messages by @Payload() alone: add it.`);
    }
    this.#count = Math.max(...all.map(([, { index }]) => index)) + 1;
    this.#payloads = payloads.map(([, { index }]) => index);
    MediaOpen()(target, key, OPEN_INDEX);
  }

  /**
   * What Nest opens the handler with; undefined when it is somebody else who calls.
   *
   * @throws {TypeError} when a pipe has replaced it
   */
  openingOf(args: readonly unknown[]): MediaOpening | undefined {
    if (args.length <= OPEN_INDEX) return undefined;
    const open = args[OPEN_INDEX];
    if (!(open instanceof RtmpMediaOpen)) {
      throw new TypeError(
        `${this.#name}: a pipe has replaced the RtmpMediaOpen; it must leave 'custom' arguments alone.`,
      );
    }
    const declared = args.slice(0, this.#count);
    // Without a @Payload() it may be a decorator of the application that gives it.
    const places = this.#payloads.length > 0 ? this.#payloads : indexesOf(declared, open);
    return { open, args: declared, places };
  }
}

/** The arguments with a message, or a feed of them, in its places. */
export function placed(args: readonly unknown[], places: readonly number[], value: unknown): unknown[] {
  const all = [...args];
  for (const place of places) all[place] = value;
  return all;
}

/** Those of the method that have decorators. */
function parametersOf(target: object, key: string | symbol): Array<[type: string, ParameterMetadata[string]]> {
  const metadata = Reflect.getMetadata(ROUTE_ARGS_METADATA, target.constructor, key) as ParameterMetadata | undefined;
  return Object.entries(metadata ?? {}).filter(([, { index }]) => index < OPEN_INDEX);
}

function indexesOf(values: readonly unknown[], value: unknown): number[] {
  return values.flatMap((one, index) => (one === value ? [index] : []));
}
