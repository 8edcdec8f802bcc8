import type { LiveStream, LiveSubscriber, SlowSubscriberLimits, SubscriberEnd, SubscriberSink } from '#lib/live';
import type { RtmpClientPublication } from '../client/rtmp-client-publication.js';
import type { RtmpUrl } from '../client/rtmp-url.js';
import type { RtmpPlayback } from '../playback/rtmp-playback.js';
import type { Hops } from './hop-marker.js';
import { PublishWireFormat } from './publish-wire-format.js';
import { RelayError } from './relay.errors.js';
import { type AttemptEnd, Relay, type RelayFigures, type RelayObserver, type RelaySettings } from './relay.js';
import type { RtmpRelayClientOptions } from './relay-options.js';
import type { RelayPeers } from './relay-peers.js';

/** What a push is about. */
export interface PushSettings extends RelaySettings {
  readonly url: RtmpUrl;
  readonly client: RtmpRelayClientOptions;
  readonly slow: Readonly<SlowSubscriberLimits>;
  /** Servers the stream has come through. */
  readonly hops: Hops;
}

/** How a connection ends that did not fail. */
type PushEnd = SubscriberEnd | 'stopped' | 'reconnect';

/**
 * Sends one stream on to one server. It is a subscriber like any other: the
 * bytes are shared, a slow one falls behind alone, and one that is lost comes
 * back at a key frame.
 */
export class PushRelay extends Relay {
  readonly direction = 'push';
  #stream: LiveStream;
  #publication: RtmpClientPublication | undefined;
  #subscriber: LiveSubscriber | undefined;
  /** Of connections before this one. */
  readonly #past = { bytes: 0, skips: 0, skippedBytes: 0 };
  /** Where it was asked to connect to instead. */
  #redirect: RtmpUrl | undefined;

  constructor(
    stream: LiveStream,
    private readonly settings: PushSettings,
    private readonly playback: RtmpPlayback,
    private readonly peers: RelayPeers,
    observer: RelayObserver,
  ) {
    super(settings, observer);
    this.#stream = stream;
  }

  /** The publisher came back: its new stream is what is sent from now on. */
  continueWith(stream: LiveStream): void {
    this.#stream = stream;
  }

  protected get figures(): RelayFigures {
    const { bytes = 0, skips = 0, skippedBytes = 0 } = this.#subscriber?.counters ?? {};
    return {
      bytes: this.#past.bytes + bytes,
      skips: this.#past.skips + skips,
      skippedBytes: this.#past.skippedBytes + skippedBytes,
      lag: this.#subscriber?.lag ?? 0,
      queuedBytes: this.#publication?.waitingBytes ?? 0,
    };
  }

  protected async attempt(): Promise<AttemptEnd> {
    const { hops, client: options, slow } = this.settings;
    const url = this.#redirect ?? this.settings.url;
    this.#redirect = undefined;
    const client = await this.peers.connect(url, options, hops, this.stopping, {
      maxWaitingBytes: slow.maxQueuedBytes,
    });
    // It may ask right behind its answer.
    const asked = new Promise<PushEnd | RelayError>((resolve) => {
      client.once('reconnect', (elsewhere) => {
        resolve(this.#goTo(elsewhere) ?? 'reconnect');
      });
    });
    try {
      const publication = await client.publish(undefined, { signal: this.stopping });
      this.#publication = publication;
      this.becameLive();
      await this.#send(publication, url, asked);
    } catch (error) {
      client.destroy();
      throw error;
    } finally {
      this.#settleUp();
    }
    const closed = client.close();
    if (this.stopping.aborted) await closed;
    return 'again';
  }

  /** Resolves when there is nothing more to send, or when it is to be sent elsewhere. @throws why it cannot go on */
  async #send(publication: RtmpClientPublication, url: RtmpUrl, asked: Promise<PushEnd | RelayError>): Promise<void> {
    const { slow, firstRetry } = this.settings;
    const begun = performance.now();
    const format = new PublishWireFormat(publication.messageStreamId, publication.chunkSize);
    const stopped = new AbortController();
    const over = new Promise<PushEnd>((resolve) => {
      this.stopping.addEventListener('abort', () => resolve('stopped'), { once: true, signal: stopped.signal });
      const sink = this.#sinkOf(publication, resolve);
      this.#subscriber = this.playback.subscribe(this.#stream, format, sink, { slow });
    });
    const end = await Promise.race([over, asked, publication.closed]);
    stopped.abort();
    if (end instanceof Error) throw end;
    if (end === 'too slow') {
      throw new RelayError('RELAY_ERR_TOO_SLOW', `${url.masked}: took nothing for ${slow.maxBlockedTime} ms`);
    }
    if (end === 'stream ended') this.stop();
    void publication.end().catch(() => {});
    // Who asks again and again is answered after a wait.
    if (end === 'reconnect' && performance.now() - begun < firstRetry) {
      throw new RelayError('RELAY_ERR_RECONNECT', `${url.masked}, at once`);
    }
  }

  /** Where it is asked to connect to; why that will not do is given back. */
  #goTo(elsewhere: RtmpUrl): RelayError | undefined {
    try {
      this.peers.refuseElsewhere(elsewhere.host, this.settings.url);
      this.#redirect = elsewhere;
      return undefined;
    } catch (error) {
      return error as RelayError;
    }
  }

  #sinkOf(publication: RtmpClientPublication, finish: (end: SubscriberEnd) => void): SubscriberSink {
    let isWaiting = false;
    const drained = (): void => {
      isWaiting = false;
      this.#subscriber?.onDrain(performance.now());
    };
    return {
      kind: 'relay',
      get queuedBytes() {
        return publication.waitingBytes;
      },
      write(bytes) {
        if (publication.isOver || publication.sendChunks(bytes) || isWaiting) return;
        isWaiting = true;
        publication.ready().then(drained, () => {});
      },
      end: finish,
    };
  }

  /** What this connection moved is added to what those before did. */
  #settleUp(): void {
    const subscriber = this.#subscriber;
    this.#subscriber = undefined;
    this.#publication = undefined;
    if (subscriber === undefined) return;
    subscriber.leave();
    this.#past.bytes += subscriber.counters.bytes;
    this.#past.skips += subscriber.counters.skips;
    this.#past.skippedBytes += subscriber.counters.skippedBytes;
  }
}
