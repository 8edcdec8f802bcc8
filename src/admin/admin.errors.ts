import { HttpException } from '@nestjs/common';
import { httpProblem } from '../errors/http-problem.js';
import type { AdminProblem } from './admin-api.js';

/** Why the admin API refuses. The key is the stable `code` of the answer. */
export const ADMIN_ERRORS = {
  ADMIN_ERR_CREDENTIAL: 'the admin credential is missing or wrong',
  ADMIN_ERR_CLOSED: 'others reach this server and it has no admin credential',
  ADMIN_ERR_HOST: 'the request is not for this machine by its own name',
  ADMIN_ERR_CROSS_SITE: 'the request comes from another site',
  ADMIN_ERR_TOO_MANY_ATTEMPTS: 'too many wrong credentials',
  ADMIN_ERR_NOT_LIVE: 'no stream of that name is live',
  ADMIN_ERR_NO_RELAY: 'there is no relay and no rule of that ID',
  ADMIN_ERR_RELAY_RULE: 'the rule for a relay is wrong',
  ADMIN_ERR_TOO_MANY_CLIENTS: 'too many clients follow the events',
} as const;

/** Stable code of an {@link AdminException}. */
export type AdminErrorCode = keyof typeof ADMIN_ERRORS;

const STATUS: Readonly<Record<AdminErrorCode, number>> = {
  ADMIN_ERR_CREDENTIAL: 401,
  ADMIN_ERR_CLOSED: 403,
  ADMIN_ERR_HOST: 403,
  ADMIN_ERR_CROSS_SITE: 403,
  ADMIN_ERR_TOO_MANY_ATTEMPTS: 429,
  ADMIN_ERR_NOT_LIVE: 404,
  ADMIN_ERR_NO_RELAY: 404,
  ADMIN_ERR_RELAY_RULE: 400,
  ADMIN_ERR_TOO_MANY_CLIENTS: 503,
};

/** A refusal of the admin API: `{ code, description }` with the right status. */
export class AdminException extends HttpException {
  constructor(
    readonly code: AdminErrorCode,
    /** What to do about it, a sentence. */
    detail: string,
  ) {
    super(httpProblem(code, ADMIN_ERRORS[code], detail) satisfies AdminProblem, STATUS[code]);
  }
}
