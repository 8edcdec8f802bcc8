import { type ExceptionFilter, UseFilters } from '@nestjs/common';
import { EXCEPTION_FILTERS_METADATA } from '@nestjs/common/constants.js';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { PATTERN_METADATA } from '@nestjs/microservices/constants.js';
import { FAILURE_WITNESS } from '../admission/failure-witness.js';
import { isRtmpPattern, ORIGIN_EXTRA, type RtmpHandlerOrigin, type RtmpPattern } from '../handlers/rtmp-pattern.js';
import { RTMP_TRANSPORT } from '../rtmp.constants.js';

/** Our own record of what a method handles; Nest keeps only the last pattern decorator of a method. */
const HANDLED_PATTERNS = 'nest-rtmp:handled-patterns';

interface RtmpMethod {
  readonly key: string;
  readonly descriptor: TypedPropertyDescriptor<(...args: unknown[]) => unknown> & { value: Function };
  readonly patterns: readonly RtmpPattern[];
}

/**
 * Registers a method for a pattern of ours. Several of our decorators on one
 * method add up; commands are answered, all others are events to Nest.
 */
export function rtmpHandler(pattern: RtmpPattern): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as object;
    const known = handledPatterns(method);
    const other = known.find(({ rtmp }) => rtmp !== pattern.rtmp);
    if (other !== undefined) {
      const name = `${target.constructor.name}.${String(key)}`;
      throw new TypeError(
        `${name} has both @Rtmp decorators of '${pattern.rtmp}' and of '${other.rtmp}': use two methods.`,
      );
    }
    refuseForeignPatterns(target, key, method);
    const origin = { controller: target.constructor.name, method: String(key), app: undefined };
    register(target, key, descriptor, [...known, pattern], origin);
    return descriptor;
  };
}

/** Gives the RTMP handlers of a controller class, inherited ones included, their app. */
export function stampHandlers(controller: Function, app: string | undefined): void {
  const prototype = controller.prototype as object;
  for (const { key, descriptor, patterns } of rtmpMethods(prototype)) {
    // The metadata hangs on the function: an inherited one is another controller's too, so this class gets its own.
    const own = Object.hasOwn(prototype, key) ? descriptor : { ...descriptor, value: delegateTo(descriptor.value) };
    register(prototype, key, own, patterns, { controller: controller.name, method: key, app });
    Object.defineProperty(prototype, key, own);
  }
}

/**
 * Has all that leaves the RTMP handlers of a controller class seen. Nest asks the filter first that was declared last, and
 * that is one written above our decorators: so this is done when the classes are complete, and may be done again.
 */
export function witnessFailures(controller: Function): void {
  const prototype = controller.prototype as object;
  for (const { key, descriptor } of rtmpMethods(prototype)) {
    const filters = Reflect.getMetadata(EXCEPTION_FILTERS_METADATA, descriptor.value) as ExceptionFilter[] | undefined;
    if (filters?.at(-1) !== FAILURE_WITNESS) UseFilters(FAILURE_WITNESS)(prototype, key, descriptor);
  }
}

/** Copies all metadata of one method to the function that takes its place, as Nest's own GrpcStreamMethod does. */
export function copyMethodMetadata(from: Function, to: Function): void {
  Object.defineProperty(to, 'name', { value: from.name });
  for (const key of Reflect.getMetadataKeys(from)) Reflect.defineMetadata(key, Reflect.getMetadata(key, from), to);
}

function register(
  target: object,
  key: string | symbol,
  descriptor: PropertyDescriptor,
  patterns: readonly RtmpPattern[],
  origin: RtmpHandlerOrigin,
): void {
  const method = descriptor.value as object;
  Reflect.defineMetadata(HANDLED_PATTERNS, patterns, method);
  const decorate = patterns[0]!.rtmp === 'command' ? MessagePattern : EventPattern;
  // Nest takes lists of patterns, its types do not.
  decorate(patterns as never, RTMP_TRANSPORT, { [ORIGIN_EXTRA]: origin })(target, key, descriptor);
}

/** Nest keeps the last pattern decorator of a method: the other would be lost, and with it what decides about a publish. */
function refuseForeignPatterns(target: object, key: string | symbol, method: object): void {
  const registered = (Reflect.getMetadata(PATTERN_METADATA, method) as readonly unknown[] | undefined) ?? [];
  if (registered.every(isRtmpPattern)) return;
  const name = `${target.constructor.name}.${String(key)}`;
  throw new TypeError(`${name} has an @Rtmp decorator and a pattern of another transport: use two methods.`);
}

function handledPatterns(method: object): readonly RtmpPattern[] {
  return (Reflect.getMetadata(HANDLED_PATTERNS, method) as readonly RtmpPattern[] | undefined) ?? [];
}

function delegateTo(inherited: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
  const own = function (this: unknown, ...args: unknown[]): unknown {
    return inherited.apply(this, args);
  };
  copyMethodMetadata(inherited, own);
  return own;
}

/** The methods of a class that handle something of ours, inherited ones included. */
function* rtmpMethods(prototype: object): Generator<RtmpMethod> {
  for (const key of methodNames(prototype)) {
    const descriptor = findDescriptor(prototype, key);
    if (typeof descriptor?.value !== 'function') continue;
    const patterns = handledPatterns(descriptor.value as object);
    if (patterns.length === 0) continue;
    refuseForeignPatterns(prototype, key, descriptor.value as object);
    yield { key, descriptor: descriptor as RtmpMethod['descriptor'], patterns };
  }
}

function methodNames(prototype: object): Set<string> {
  const names = new Set<string>();
  for (let at: object | null = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) if (name !== 'constructor') names.add(name);
  }
  return names;
}

function findDescriptor(prototype: object, key: string): PropertyDescriptor | undefined {
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, key);
    if (descriptor !== undefined) return descriptor;
  }
  return undefined;
}
