import { HttpException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import type { RtmpStatus } from '#lib/rtmp';
import type { HandlerFailure } from './call-handler.js';

/** What a peer is told of errors that are none of its business. */
export const INTERNAL_ERROR = 'Internal server error';

/** Longest description sent; encoders show it in a dialogue. */
const MAX_DESCRIPTION = 1024;

const DEFAULT_CODES: ReadonlyMap<string, string> = new Map([
  ['connect', 'NetConnection.Connect.Rejected'],
  ['publish', 'NetStream.Publish.Denied'],
  ['play', 'NetStream.Play.Failed'],
  ['play2', 'NetStream.Play.Failed'],
  ['seek', 'NetStream.Seek.Failed'],
]);

/** The code of a refusal that names none. OBS, GStreamer and FFmpeg know those of publish and play. */
function defaultRefusalCode(command: string): string {
  return DEFAULT_CODES.get(command) ?? 'NetConnection.Call.Failed';
}

/** A refusal with the code that fits the command. */
export function refusal(command: string, description: string): RtmpStatus {
  return { level: 'error', code: defaultRefusalCode(command), description };
}

/** Whether a value a handler or filter gave is a refusal in itself. */
export function isErrorStatus(value: unknown): value is RtmpStatus {
  return isObject(value) && value['level'] === 'error' && typeof value['code'] === 'string';
}

/**
 * The status for a handler that failed: a status as it is, the public message
 * of a Nest exception with the command's default code, and nothing but
 * "Internal server error" of any other error.
 */
export function refusalOf(command: string, outcome: HandlerFailure): RtmpStatus {
  const decisive = decisiveOf(outcome);
  if (decisive instanceof HttpException) {
    return refusal(command, decisive.getStatus() < 500 ? publicMessage(decisive) : INTERNAL_ERROR);
  }
  const details: unknown = decisive instanceof RpcException ? decisive.getError() : decisive;
  if (typeof details === 'string') return refusal(command, publicText(details) ?? INTERNAL_ERROR);
  if (!isObject(details) || details instanceof Error) return refusal(command, INTERNAL_ERROR);
  if (typeof details['code'] === 'string') {
    return { ...details, level: 'error', code: details['code'], description: publicText(details['description']) ?? '' };
  }
  return refusal(command, publicText(details['message']) ?? INTERNAL_ERROR);
}

/** The HTTP status of a handler that failed: that of a Nest exception; undefined for a refusal that has none. */
export function refusalHttpStatus(outcome: HandlerFailure): number | undefined {
  const decisive = decisiveOf(outcome);
  if (decisive instanceof HttpException) return decisive.getStatus();
  return isUnexpected(outcome) ? 500 : undefined;
}

/** Whether the person who runs the server has to look at it: not a refusal that somebody meant. */
export function isUnexpected(outcome: HandlerFailure): boolean {
  if (outcome.error instanceof HttpException) return outcome.error.getStatus() >= 500;
  return refusalOf('', outcome).description === INTERNAL_ERROR;
}

/**
 * What a filter threw that could not handle an exception, as those fail that are written for HTTP alone; undefined when
 * none did. An exception for the peer it may have thrown on purpose.
 */
export function filterFailureOf({ result, error }: HandlerFailure): Error | undefined {
  if (!(result instanceof Error) || result === error || error === undefined) return undefined;
  return isForPeers(result) ? undefined : result;
}

/** Nest's last filter makes "Internal server error" of everything that is no RpcException, HttpExceptions included. */
function decisiveOf(outcome: HandlerFailure): unknown {
  const { result, error } = outcome;
  if (isDefaultFilterResult(result) && error instanceof HttpException) return error;
  return isForPeers(error) && filterFailureOf(outcome) !== undefined ? error : result;
}

function isForPeers(exception: unknown): boolean {
  return exception instanceof HttpException || exception instanceof RpcException;
}

/** Whether it is what Nest's last filter makes of an exception. */
export function isDefaultFilterResult(result: unknown): boolean {
  return isObject(result) && result['status'] === 'error' && result['message'] === INTERNAL_ERROR;
}

/** The message a client of this exception would have got over HTTP. */
function publicMessage(exception: HttpException): string {
  const response: unknown = exception.getResponse();
  if (typeof response === 'string') return publicText(response) ?? exception.message;
  const message = isObject(response) ? response['message'] : undefined;
  const text: unknown = Array.isArray(message) ? message.join('; ') : message;
  return publicText(text) ?? exception.message;
}

function publicText(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  return value.length > MAX_DESCRIPTION ? `${value.slice(0, MAX_DESCRIPTION)}…` : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
