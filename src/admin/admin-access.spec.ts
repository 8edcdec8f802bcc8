import type { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { HttpPeers } from '../http/http-peers.js';
import type { RtmpServer } from '../server/rtmp-server.js';
import { AdminAccess } from './admin-access.js';
import { resolveRtmpAdminOptions } from './resolve-rtmp-admin-options.js';
import type { RtmpAdminOptions } from './rtmp-admin-options.js';

const TOKEN = 'a-long-admin-token';

beforeEach(() => Logger.overrideLogger(false));
afterEach(() => Logger.overrideLogger(['error', 'warn', 'log']));

function accessWith(options: Partial<RtmpAdminOptions>): AdminAccess {
  const resolved = resolveRtmpAdminOptions({ token: TOKEN, maxAttempts: 2, ...options });
  return new AdminAccess(resolved, {} as HttpAdapterHost, {} as RtmpServer, new HttpPeers(resolved));
}

function codeOf(access: AdminAccess, remoteAddress: string, token: string, forwarded?: string): string {
  try {
    const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': forwarded };
    const request = { headers, socket: { remoteAddress } };
    return access.check(request as unknown as IncomingMessage);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

it('counts wrong tokens of one IPv6 network together: a host has all the addresses of it', () => {
  const access = accessWith({});
  const answers = [1, 2, 3].map((host) => codeOf(access, `2001:db8::${host}`, 'wrong-token'));
  expect(answers).toEqual(['ADMIN_ERR_CREDENTIAL', 'ADMIN_ERR_CREDENTIAL', 'ADMIN_ERR_TOO_MANY_ATTEMPTS']);
  expect(codeOf(access, '2001:db8:0:1::1', TOKEN)).toBe('token');
});

it('counts wrong tokens that come by a trusted proxy for whom they are of, and by any other for the proxy', () => {
  const answersOf = (access: AdminAccess) => [
    ...[1, 2, 3].map(() => codeOf(access, '10.0.0.1', 'wrong-token', '203.0.113.9')),
    codeOf(access, '10.0.0.1', TOKEN, '198.51.100.7'),
  ];
  const wrong = ['ADMIN_ERR_CREDENTIAL', 'ADMIN_ERR_CREDENTIAL', 'ADMIN_ERR_TOO_MANY_ATTEMPTS'];
  expect(answersOf(accessWith({ trustedProxies: ['10.0.0.0/8'] }))).toEqual([...wrong, 'token']);
  expect(answersOf(accessWith({}))).toEqual([...wrong, 'ADMIN_ERR_TOO_MANY_ATTEMPTS']);
});
