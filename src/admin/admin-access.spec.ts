import type { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { RtmpServer } from '../server/rtmp-server.js';
import { AdminAccess } from './admin-access.js';
import { resolveRtmpAdminOptions } from './resolve-rtmp-admin-options.js';

const TOKEN = 'a-long-admin-token';

beforeEach(() => Logger.overrideLogger(false));
afterEach(() => Logger.overrideLogger(['error', 'warn', 'log']));

function codeOf(access: AdminAccess, remoteAddress: string, token: string): string {
  try {
    const request = { headers: { authorization: `Bearer ${token}` }, socket: { remoteAddress } };
    return access.check(request as unknown as IncomingMessage);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

it('counts wrong tokens of one IPv6 network together: a host has all the addresses of it', () => {
  const options = resolveRtmpAdminOptions({ token: TOKEN, maxAttempts: 2 });
  const access = new AdminAccess(options, {} as HttpAdapterHost, {} as RtmpServer);
  const answers = [1, 2, 3].map((host) => codeOf(access, `2001:db8::${host}`, 'wrong-token'));
  expect(answers).toEqual(['ADMIN_ERR_CREDENTIAL', 'ADMIN_ERR_CREDENTIAL', 'ADMIN_ERR_TOO_MANY_ATTEMPTS']);
  expect(codeOf(access, '2001:db8:0:1::1', TOKEN)).toBe('token');
});
