import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Inject,
  Post,
  Req,
  Res,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { type AdapterRequest, type AdapterResponse, rawRequest, rawResponse } from '../http/adapter-request.js';
import { AdminException } from './admin.errors.js';
import type { AdminProblem, AdminSession } from './admin-api.js';
import { AdminAccess } from './admin-access.js';
import { SESSION_COOKIE } from './admin-credential.js';
import { isEncrypted } from './admin-request.js';
import { RTMP_ADMIN_OPTIONS, type ResolvedRtmpAdminOptions } from './rtmp-admin-options.js';

/** Longest token looked at. */
const MAX_TOKEN_LENGTH = 1024;

/** Logging in and out, for the page: other programs send the token. */
@Controller({ path: 'api/session', version: VERSION_NEUTRAL })
export class AdminSessionController {
  constructor(
    private readonly access: AdminAccess,
    @Inject(RTMP_ADMIN_OPTIONS) private readonly options: ResolvedRtmpAdminOptions,
  ) {}

  /** Never refuses: browsers put every refusal on their console. */
  @Get()
  @Header('Cache-Control', 'no-store')
  look(@Req() request: AdapterRequest): AdminSession {
    try {
      this.access.check(rawRequest(request));
      return { isOpen: true };
    } catch (error) {
      if (error instanceof AdminException) return { isOpen: false, problem: error.getResponse() as AdminProblem };
      throw error;
    }
  }

  @Post()
  @HttpCode(204)
  @Header('Cache-Control', 'no-store')
  logIn(
    @Body() body: { token?: unknown } | undefined,
    @Req() request: AdapterRequest,
    @Res({ passthrough: true }) response: AdapterResponse,
  ): void {
    const token = typeof body?.token === 'string' ? body.token.slice(0, MAX_TOKEN_LENGTH) : '';
    const session = this.access.logIn(rawRequest(request), token);
    this.#setCookie(request, response, session, Math.floor(this.options.sessionLifetime / 1000));
  }

  @Delete()
  @HttpCode(204)
  @Header('Cache-Control', 'no-store')
  logOut(@Req() request: AdapterRequest, @Res({ passthrough: true }) response: AdapterResponse): void {
    this.access.check(rawRequest(request));
    this.#setCookie(request, response, '', 0);
  }

  #setCookie(request: AdapterRequest, response: AdapterResponse, value: string, maxAge: number): void {
    const isSecure = isEncrypted(rawRequest(request));
    const attributes = `Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
    rawResponse(response).setHeader('Set-Cookie', `${SESSION_COOKIE}=${value}; ${attributes}`);
  }
}
