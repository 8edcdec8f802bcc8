import { isAmfObject } from '#lib/amf';
import { amf0, chunks, command, concat, control, userControl, type WireValue } from './rtmp-wire.js';
import type { Script, ScriptConnection, ScriptMessage } from './scripted-rtmp-server.js';

/** Replaces what the server does about some commands. */
export type Overrides = Readonly<Record<string, (message: ScriptMessage, connection: ScriptConnection) => void>>;

/** The message stream ID that createStream is answered with. */
const SRS_STREAM = 1;

/** What SRS 5 answers, in its order (from its source): window and bandwidth of 2.5 MB, chunks of 60,000, onBWDone. */
export function srsScript(overrides: Overrides = {}): Script {
  return (message, connection) => {
    const own = overrides[message.name];
    if (own === undefined) answer(message, connection);
    else own(message, connection);
  };
}

/** An `_error` or `_result`, after connect. */
export function reply(
  name: '_result' | '_error',
  { transactionId }: ScriptMessage,
  ...values: WireValue[]
): Uint8Array {
  return long(amf0(name, transactionId, ...values));
}

/** An onStatus on the stream, or on the connection. */
export function onStatus(
  level: string,
  code: string,
  description = '',
  more: Record<string, WireValue> = {},
  streamId = SRS_STREAM,
): Uint8Array {
  const payload = amf0('onStatus', 0, null, { level, code, description, ...more });
  return chunks({ csid: 5, type: 20, msid: streamId, payload }, 60_000);
}

/** A connect refused. */
export function rejected(
  message: ScriptMessage,
  description: string,
  more: Record<string, WireValue> = {},
): Uint8Array {
  const information = { level: 'error', code: 'NetConnection.Connect.Rejected', description, ...more };
  return command('_error', message.transactionId, null, information);
}

function answer(message: ScriptMessage, connection: ScriptConnection): void {
  switch (message.name) {
    case 'connect': {
      const object = message.values[0];
      const encoding =
        isAmfObject(object) && typeof object['objectEncoding'] === 'number' ? object['objectEncoding'] : 0;
      const data = { version: '3,5,3,888', srs_sig: 'SRS', srs_server: 'SRS', srs_version: '5.0.0' };
      const status = { level: 'status', code: 'NetConnection.Connect.Success', description: 'Connection succeeded' };
      const properties = { fmsVer: 'FMS/3,5,3,888', capabilities: 127, mode: 1 };
      const bandwidth = Uint8Array.of(0, 0x26, 0x25, 0xa0, 2);
      connection.send(
        control(5, 2_500_000),
        chunks({ csid: 2, type: 6, payload: bandwidth }),
        control(1, 60_000),
        long(amf0('_result', message.transactionId, properties, { ...status, objectEncoding: encoding, data })),
        long(amf0('onBWDone', 0, null)),
      );
      return;
    }
    case 'createStream':
      connection.send(long(amf0('_result', message.transactionId, null, SRS_STREAM)));
      return;
    case 'releaseStream':
      connection.send(long(amf0('_result', message.transactionId, null, undefined)));
      return;
    case 'FCPublish':
      connection.send(long(amf0('_result', message.transactionId, null, undefined)));
      return;
    case 'publish':
      connection.send(
        onStream(amf0('onFCPublish', 0, null, { code: 'NetStream.Publish.Start', description: 'Started publishing.' })),
        onStatus('status', 'NetStream.Publish.Start', 'Started publishing stream.', { clientid: 'ASAICiss' }),
      );
      return;
    case 'play':
      connection.send(
        userControl(0, SRS_STREAM),
        onStatus('status', 'NetStream.Play.Reset', 'Playing and resetting stream.', { details: 'stream' }),
        onStatus('status', 'NetStream.Play.Start', 'Started playing stream.', { details: 'stream' }),
        onStream(amf0('|RtmpSampleAccess', true, true), 18),
      );
      return;
    default:
  }
}

/** A command in the chunks the server has announced. */
function long(payload: Uint8Array): Uint8Array {
  return chunks({ csid: 3, type: 20, payload }, 60_000);
}

function onStream(payload: Uint8Array, type = 20): Uint8Array {
  return chunks({ csid: 5, type, msid: SRS_STREAM, payload }, 60_000);
}

/** Media of the stream. */
export function media(type: 8 | 9 | 18, time: number, payload: Uint8Array): Uint8Array {
  return chunks({ csid: type === 8 ? 6 : 7, type, msid: SRS_STREAM, time, payload }, 60_000);
}

/** A key frame of so many bytes. */
export function keyFrame(time: number, length = 16): Uint8Array {
  const payload = new Uint8Array(length);
  payload.set([0x17, 1, 0, 0, 0]);
  return concat(media(9, time, payload));
}
