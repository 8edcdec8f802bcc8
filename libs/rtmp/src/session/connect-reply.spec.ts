import { Conversation, type Decide } from '#test/rtmp-conversation';
import { command, plainHandshake, type WireValue } from '#test/rtmp-wire';
import { resolveServerSessionOptions, type ServerSessionOptions } from './server-session-options.js';

/** What is sent to somebody who connects, and to the createStream behind it. */
function repliesTo(
  options: Partial<ServerSessionOptions>,
  { transactionId = 1, ...object }: Record<string, WireValue>,
  reply?: Record<string, string>,
): unknown[] {
  const decide: Decide = (pending, session) => session.accept(pending, pending.name === 'connect' ? reply : undefined);
  const peer = new Conversation(options, decide).send(plainHandshake());
  peer.send(command('connect', transactionId as number, { app: 'live', tcUrl: 'rtmp://h/live', ...object }));
  return [...peer.send(command('createStream', 2, null)).replies()];
}

const ENHANCED: WireValue = { capsEx: 1, fourCcList: ['av01'] };
const CLIENTS: Array<{ who: string; object: Record<string, WireValue>; reply?: Record<string, string> }> = [
  { who: 'an ordinary client', object: {} },
  { who: 'one that wants AMF3', object: { objectEncoding: 3 } },
  { who: 'one that wants some other encoding', object: { objectEncoding: 7 } },
  { who: 'one that counts from five', object: { transactionId: 5 } },
  { who: 'one that speaks Enhanced RTMP', object: { ...ENHANCED } },
  { who: 'one that speaks it and wants AMF3', object: { ...ENHANCED, objectEncoding: 3 } },
  { who: 'one that is told more', object: {}, reply: { motd: 'hello' } },
];

it.each(CLIENTS)('is for $who the same, whoever came before', ({ object, reply }) => {
  const alone = repliesTo({ chunkSize: 4096 }, object, reply);
  const shared = resolveServerSessionOptions({ chunkSize: 4096 });
  for (const before of CLIENTS) repliesTo(shared, before.object, before.reply);
  expect(repliesTo(shared, object, reply)).toEqual(alone);
  expect(repliesTo(shared, object, reply)).toEqual(alone);
});

it('is another for sessions of other options', () => {
  const small = resolveServerSessionOptions({ chunkSize: 128, windowAcknowledgementSize: 1000 });
  const large = resolveServerSessionOptions({ chunkSize: 65_536 });
  const replies = [small, large, small].map((options) => repliesTo(options, {}));
  expect(replies[0]).toEqual(replies[2]);
  expect(replies[0]).not.toEqual(replies[1]);
});

it('is not encoded again for every client', () => {
  const options = resolveServerSessionOptions({});
  const outputs = [0, 1].map(() => {
    const peer = new Conversation(options).send(plainHandshake());
    return peer.send(command('connect', 1, { app: 'live', tcUrl: 'rtmp://h/live' })).output.at(-1);
  });
  expect(outputs[0]).toBe(outputs[1]);
});
