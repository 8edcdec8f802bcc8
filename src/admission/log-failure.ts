import { inspect } from 'node:util';
import { IntrinsicException, type Logger } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { stackOf } from '../errors/stack-of.js';
import type { HandlerFailure } from './call-handler.js';
import { filterFailureOf, isDefaultFilterResult, isUnexpected, refusalOf } from './refusal.js';

/**
 * Logs that a handler failed, with the error. Its stack is left out where Nest's own filter has logged it, which does so
 * for all but its HTTP exceptions, and of what was meant as a refusal in an RpcException.
 */
export function logFailure(logger: Logger, message: string, details: object, outcome: HandlerFailure): void {
  const error = outcome.error ?? outcome.result;
  const isMeant = !isUnexpected(outcome);
  const line = { ...details, error: isMeant ? refusalOf('', outcome).description : summaryOf(error) };
  if (hasBeenLogged(outcome) || (isMeant && error instanceof RpcException)) logger.error(message, line);
  else logger.error(message, line, stackOf(error));
  logFilterFailure(logger, details, outcome);
}

/** Logs that an exception filter could not handle what it was given, if one could not. */
export function logFilterFailure(logger: Logger, details: object, outcome: HandlerFailure): void {
  const failure = filterFailureOf(outcome);
  if (failure === undefined) return;
  const message = 'an exception filter failed, and is left out: one that answers HTTP has to look at host.getType()';
  logger.error(message, { ...details, error: String(failure) }, stackOf(failure));
}

function hasBeenLogged({ result, error }: HandlerFailure): boolean {
  return error !== undefined && isDefaultFilterResult(result) && !(error instanceof IntrinsicException);
}

function summaryOf(error: unknown): string {
  return error instanceof Error ? String(error) : inspect(error);
}
