import { readFileSync } from 'node:fs';
import { ServerSession } from '#lib/rtmp';
import { type Carried, ONE_BYTE, type Sent, TunnelDriver } from './testing/tunnel-driver.js';

/*
 * What real clients do, as seen on the wire (FFmpeg 5.1.9, rtmpdump 2.4, GStreamer 1.22 rtmpsink) or as their
 * sources say (HaishinKit, RootEncoder, Shumway), with a real RTMP session behind the tunnel.
 */

/** The first byte of every RTMP connection. */
const C0 = Uint8Array.of(3);
const capture = (file: string) => new Uint8Array(readFileSync(`test/fixtures/${file}.rtmpcap`));

/** The bytes cut after so many each; the last cut takes up the rest again and again. */
function cut(bytes: Uint8Array, lengths: number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[Math.min(i, lengths.length - 1)]!;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/** An RTMP session that says yes to everything; it notes what it was told. */
class Server {
  readonly session = new ServerSession({}, 0);
  readonly events: string[] = [];

  /** Gives what there is to send. */
  receive(bytes: Uint8Array): Uint8Array | undefined {
    this.session.receive(bytes, 0);
    for (let event = this.session.poll(); event !== undefined; event = this.session.poll()) {
      if (event.type === 'command') {
        this.events.push(event.command.name);
        this.session.accept(event.command);
      } else if (event.type === 'media') {
        const { messageTypeId, timestamp, payload } = event;
        this.events.push(`${messageTypeId} ${timestamp} ${Buffer.from(payload).toString('base64')}`);
      } else this.events.push(event.type);
    }
    return this.session.takeOutput();
  }
}

function behindTunnel() {
  const driver = new TunnelDriver();
  const servers = new Map<Carried, Server>();
  driver.onBytes = (tunnel, bytes) => {
    const server = servers.get(tunnel) ?? new Server();
    servers.set(tunnel, server);
    const output = server.receive(bytes);
    if (output !== undefined) driver.write(tunnel, output);
  };
  return { driver, servers, last: () => [...servers.values()].at(-1)! };
}

/** What the same bytes come to on a socket. */
function onSocket(bytes: Uint8Array): string[] {
  const server = new Server();
  server.receive(bytes);
  return server.events;
}

const answered = (all: Sent[]) => new Set(all.map((sent) => sent.status));

describe('clients', () => {
  it('FFmpeg publishes: one /send at a time from 0 on, no ident, a /close in its turn', () => {
    const { driver, last } = behindTunnel();
    const bytes = capture('ffmpeg5');
    const { id } = driver.open().session;
    const posts = cut(bytes, [1537, 1690, 121, 43, 3000]);
    const all = posts.map((post, sequence) => driver.post(`/send/${id}/${sequence}`, post));
    // S0, S1 and S2 come with the very answer to C0 and C1.
    expect(all[0]!.response!.bodyLength).toBe(1 + 3073);
    expect(answered(all)).toEqual(new Set([200]));
    expect(last().events).toEqual(onSocket(bytes));
    expect(last().events.length).toBeGreaterThan(20);
    expect(driver.post(`/close/${id}/${posts.length}`).text).toBe('\0');
    expect(driver.registry.size).toBe(0);
  });

  it('FFmpeg closes after an error with whatever number it is at', () => {
    const { driver } = behindTunnel();
    const { id } = driver.open().session;
    driver.post(`/send/${id}/0`, C0);
    expect(driver.post(`/send/${id}/7`).status).toBe(409);
    expect(driver.post(`/close/${id}/8`).status).toBe(200);
    expect(driver.post(`/close/${id}/9`).status).toBe(404);
  });

  it('FFmpeg plays: it polls at once after data and 50 ms after none', () => {
    const { driver, servers } = behindTunnel();
    const tunnel = driver.open();
    const { id } = tunnel.session;
    const posts = cut(capture('ffmpeg5_play'), [1537, 1747, 85, 60]);
    posts.forEach((post, sequence) => driver.post(`/send/${id}/${sequence}`, post));
    expect([...servers.get(tunnel)!.events]).toContain('play');
    let polls = 0;
    for (let time = 0; time < 3000; time += 50) {
      const idle = driver.post(`/idle/${id}/${posts.length + polls++}`);
      for (; idle.response === undefined; time += 50) driver.pass(50);
      driver.pass(50);
    }
    expect(polls).toBeLessThan(12);
  });

  it('librtmp plays: it sends its acknowledgements and polls without waiting for answers', () => {
    const { driver, servers } = behindTunnel();
    const tunnel = driver.open();
    const { id } = tunnel.session;
    let sequence = 0;
    const first = cut(capture('rtmpdump_play'), [1537, 1536, 212, 16, 18, 33, 36, 42, 11]);
    const all = first.map((post) => driver.post(`/send/${id}/${sequence++}`, post));
    expect(answered(all)).toEqual(new Set([200]));
    expect(servers.get(tunnel)!.events).toContain('play');
    const [idle, send, next] = [
      driver.post(`/idle/${id}/${sequence++}`),
      driver.post(`/send/${id}/${sequence++}`, Uint8Array.of(2, 0, 0, 0, 0, 0, 4, 3, 0, 0, 0, 0, 0, 0, 0, 1)),
      driver.post(`/idle/${id}/${sequence++}`),
    ];
    expect([idle.text, send.text, next.status]).toEqual(['\x01', '\x01', undefined]);
    driver.write(tunnel, Uint8Array.of(0xaa));
    expect(next.text).toBe('\x01\xaa');
  });

  it('librtmp polls again at once, whatever the polling byte: a few times a second are enough', () => {
    const { driver } = behindTunnel();
    const { id } = driver.open().session;
    let polls = 0;
    for (let time = 0; time < 3000; polls++) {
      const idle = driver.post(`/idle/${id}/${polls}`);
      for (; idle.response === undefined; time += 10) driver.pass(10);
    }
    expect(polls).toBeLessThanOrEqual(11);
  });

  it('librtmp publishes: it reads no answers, and many posts arrive in one read', () => {
    const { driver, last } = behindTunnel();
    const bytes = capture('librtmp');
    const { id } = driver.open().session;
    const posts = cut(bytes, [1537, 1536, 104, 38, 34, 33, 43, 322, 61, 500]);
    // The order of events in Node's HTTP server for pipelined requests: all heads, all bodies, all ends.
    const all = posts.map((post, sequence) => driver.begin(`/send/${id}/${sequence}`, post.length));
    const close = driver.begin(`/close/${id}/${posts.length}`, 1);
    posts.forEach((post, i) => driver.piece(all[i]!, post));
    driver.piece(close, ONE_BYTE);
    for (const sent of [...all, close]) driver.end(sent);
    expect(answered([...all, close])).toEqual(new Set([200]));
    expect(last().events).toEqual(onSocket(bytes));
    expect(last().events).toContain('deleteStream');
  });

  it('librtmp’s /close is lost when its unread answers make the kernel reset the connection', () => {
    const { driver } = behindTunnel();
    const tunnel = driver.open();
    driver.post(`/send/${tunnel.session.id}/0`, C0);
    tunnel.session.connectionClosed(driver.now);
    driver.pass(5000);
    expect(tunnel.closed?.fault?.code).toBe('RTMPT_ERR_DISCONNECTED');
  });

  it('librtmp looks for the header by its exact name', () => {
    const { driver } = behindTunnel();
    const opened = driver.post('/open/1');
    const all = [opened, driver.post(`/send/${opened.text.trimEnd()}/0`, C0), driver.post('/send/x/0')];
    for (const { response } of all) expect(Object.keys(response!.headers)).toContain('Content-Length');
  });

  it('HaishinKit: ident2, an /idle as number 0, a /close without number and body', () => {
    const { driver } = behindTunnel();
    expect(driver.post('/fcs/ident2').status).toBe(404);
    const tunnel = driver.open();
    const { id } = tunnel.session;
    // Its connect waits for this answer.
    expect(driver.post(`/idle/${id}/0`).text).toBe('\x01');
    expect(driver.post(`/send/${id}/1`, capture('ffmpeg5').subarray(0, 1537)).response!.bodyLength).toBe(1 + 3073);
    expect(driver.post(`/close/${id}`, []).status).toBe(200);
    expect(tunnel.closed?.reason).toBe('peer');
  });

  it('HaishinKit gives up a request after three seconds and skips its number', () => {
    const { driver } = behindTunnel();
    const tunnel = driver.open();
    const { id } = tunnel.session;
    driver.post(`/idle/${id}/0`);
    const lost = driver.begin(`/send/${id}/1`, 1000);
    driver.pass(3000);
    driver.abort(lost);
    // Bytes are missing, an RTMP session cannot go on; the status makes it reconnect.
    expect(driver.post(`/send/${id}/3`)).toMatchObject({ status: 409, code: 'RTMPT_ERR_SEQUENCE_SKIPPED' });
  });

  it('RootEncoder: as HaishinKit, on a new connection each time, and it sends again what broke', () => {
    const { driver, last } = behindTunnel();
    expect(driver.post('/fcs/ident2').status).toBe(404);
    const tunnel = driver.open();
    const { id } = tunnel.session;
    expect(driver.post(`/idle/${id}/0`).text).toBe('\x01');
    const bytes = capture('ffmpeg5');
    cut(bytes, [1537, 1690, 121, 2000]).forEach((post, i) => {
      const target = `/send/${id}/${i + 1}`;
      if (i % 2 === 1) {
        const broken = driver.begin(target, post.length);
        driver.piece(broken, post.subarray(0, post.length / 2));
        driver.abort(broken);
      }
      const sent = driver.post(target, post);
      if (i % 3 === 1) expect(driver.post(target, post).text).toBe(sent.text);
      expect(sent.status).toBe(200);
      tunnel.session.connectionClosed(driver.now);
      driver.pass(200);
    });
    expect(last().events).toEqual(onSocket(bytes));
    expect(driver.post(`/close/${id}`).status).toBe(200);
  });

  it('Shumway: ident2 must be 404, and it waits 16 ms times the polling byte', () => {
    const { driver } = behindTunnel();
    expect(driver.post('/fcs/ident2').status).toBe(404);
    const { id } = driver.open().session;
    const waits: number[] = [];
    for (let sequence = 0; sequence < 30; sequence++) {
      const idle = driver.post(`/idle/${id}/${sequence}`);
      for (; idle.response === undefined;) driver.pass(10);
      waits.push(idle.body[0]! * 16);
      driver.pass(waits.at(-1)!);
    }
    expect([waits[0], waits.at(-1)]).toEqual([16, 528]);
  });
});
