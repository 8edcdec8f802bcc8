import { RpcException } from '@nestjs/microservices';
import type { AmfValue } from '#lib/amf';
import type { RtmpStatusCode } from '#lib/rtmp';

/**
 * Refuses a command: `_error` for connect, createStream and calls, `onStatus`
 * with level "error" for NetStream commands such as publish. `description`
 * reaches the peer, so it must not carry anything the peer may not know.
 *
 * @publicApi
 */
export class RtmpStatusException extends RpcException {
  /**
   * @param code e.g. `NetStream.Publish.BadName`; GStreamer and OBS know what the common ones mean
   * @param description for the person at the encoder
   * @param extra more properties of the information object, e.g. `ex` of a redirect
   */
  constructor(
    readonly code: RtmpStatusCode | (string & {}),
    readonly description: string,
    readonly extra: Readonly<Record<string, AmfValue>> = {},
  ) {
    super({ ...extra, level: 'error', code, description });
    this.message = `${code}: ${description}`;
  }
}
