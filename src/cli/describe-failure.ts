import { FlvError } from '#lib/flv';
import { RtmpClientError } from '../client/rtmp-client.errors.js';
import { CliError } from './cli.errors.js';
import { printable } from './printable.js';

/** What Node and OpenSSL mean. */
const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there. Is the server running, and is the port right?',
  ENOTFOUND: 'There is no host of this name.',
  EAI_AGAIN: 'The name of the host cannot be looked up now. Is there a network?',
  EHOSTUNREACH: 'There is no way to this host.',
  ENETUNREACH: 'There is no way to this network.',
  ETIMEDOUT: 'The host does not answer. A firewall may be in between.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'It is signed by itself: --ca FILE trusts it, --insecure does not look.',
  SELF_SIGNED_CERT_IN_CHAIN: 'Its authority is unknown: --ca FILE trusts it, --insecure does not look.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'Its authority is unknown: --ca FILE trusts it, --insecure does not look.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'Its authority is unknown: --ca FILE trusts it, --insecure does not look.',
  CERT_HAS_EXPIRED: 'It has expired. --insecure does not look.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'It is for another name. --insecure does not look.',
  EPROTO: 'It does not speak TLS there.',
  ERR_SSL_WRONG_VERSION_NUMBER: 'It does not speak TLS there.',
};

/** What people read of an error: a sentence with its code, and a hint when there is one. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isKnown = error instanceof CliError || error instanceof RtmpClientError || error instanceof FlvError;
  if (!isKnown) return printable(`this should not happen: ${error.stack ?? error.message}`);
  const sentence = printable(`${error.message.replace(/\.$/u, '')} (${error.code})`);
  const hint = hintFor(error);
  return hint === undefined ? sentence : `${sentence}\n  ${hint}`;
}

function hintFor(error: CliError | RtmpClientError | FlvError): string | undefined {
  if (error instanceof FlvError) {
    return error.code === 'FLV_ERR_SIGNATURE' || error.code === 'FLV_ERR_HEADER_LENGTH'
      ? 'Only FLV is read. FFmpeg makes one of most files: ffmpeg -i FILE -c copy -f flv film.flv'
      : undefined;
  }
  const { code = '' } = (error.cause ?? {}) as NodeJS.ErrnoException;
  if (error.code === 'RTMP_CLIENT_ERR_UNREACHABLE' || error.code === 'RTMP_CLIENT_ERR_CERTIFICATE') {
    return MEANINGS[code];
  }
  if (error instanceof RtmpClientError && error.status?.code === 'NetStream.Publish.BadName') {
    return 'Mostly somebody else publishes this name, or the key is wrong.';
  }
  return undefined;
}
