import { FlvError } from '#lib/flv';
import { RTMP_CLIENT_ERRORS, RtmpClientError, type RtmpClientErrorCode } from '../client/rtmp-client.errors.js';
import { CLI_ERRORS, CliError, type CliErrorCode, fileError } from './cli.errors.js';
import { describeFailure } from './describe-failure.js';
import { exitCodeOf } from './exit-codes.js';

const because = (code: string) => ({ cause: Object.assign(new Error(code), { code }) });

it.each<[Error, string]>([
  [
    new RtmpClientError('RTMP_CLIENT_ERR_UNREACHABLE', 'rtmp://h/a/…: ENOTFOUND', because('ENOTFOUND')),
    'the server cannot be reached: rtmp://h/a/…: ENOTFOUND (RTMP_CLIENT_ERR_UNREACHABLE)\n  There is no host of this name.',
  ],
  [
    new RtmpClientError('RTMP_CLIENT_ERR_CERTIFICATE', 'rtmps://h/a', because('ERR_TLS_CERT_ALTNAME_INVALID')),
    "the server's certificate is not trusted: rtmps://h/a (RTMP_CLIENT_ERR_CERTIFICATE)\n  It is for another name. --insecure does not look.",
  ],
  [
    new FlvError('FLV_ERR_SIGNATURE', 'It begins with 0.'),
    'The file does not begin with "FLV". It begins with 0 (FLV_ERR_SIGNATURE)\n  Only FLV is read. FFmpeg makes one of most files: ffmpeg -i FILE -c copy -f flv film.flv',
  ],
  [new CliError('CLI_ERR_NO_MEDIA', 'a\u001b[2Jb'), 'there is no audio or video: a\\u001b[2Jb (CLI_ERR_NO_MEDIA)'],
])('%s', (error, text) => {
  expect(describeFailure(error)).toBe(text);
});

it('says where it is for faults of this program', () => {
  expect(describeFailure(new TypeError('x is undefined'))).toMatch(/^this should not happen: TypeError: x .*\n +at /su);
  expect(exitCodeOf(new TypeError())).toBe(1);
});

it('names what is wrong with files', () => {
  const error = (code: string) => Object.assign(new Error('message'), { code });
  expect(fileError('CLI_ERR_INPUT', 'a.flv', error('ENOENT')).message).toMatch(/: a\.flv: there is no such file$/u);
  expect(fileError('CLI_ERR_OUTPUT', 'b/a.flv', error('ENOENT')).message).toMatch(/: there is no such folder$/u);
  expect(fileError('CLI_ERR_OUTPUT', 'a.flv', error('ENOSPC')).message).toMatch(/: the disk is full$/u);
  expect(fileError('CLI_ERR_OUTPUT', 'a.flv', error('EWHAT')).message).toMatch(/: message$/u);
});

it('every code ends with a number that is not 0', () => {
  const errors = [
    ...(Object.keys(CLI_ERRORS) as CliErrorCode[]).map((code) => new CliError(code, '')),
    ...(Object.keys(RTMP_CLIENT_ERRORS) as RtmpClientErrorCode[]).map((code) => new RtmpClientError(code, '')),
  ];
  for (const error of errors)
    expect([error.code, exitCodeOf(error) >= 2 && exitCodeOf(error) <= 6]).toEqual([error.code, true]);
});
