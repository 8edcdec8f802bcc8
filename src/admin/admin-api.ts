import type { TrackDescription } from '../tracks/track-description.js';
import type { RtmpRelayInfo, RtmpRelayRuleInfo } from '../relay/relay-info.js';

/*
 * What the admin API answers: the one place both the server and the page read it from. Types only.
 */

/** A track of a stream. */
export type AdminTrack = TrackDescription;

/** Who publishes a stream. */
export interface AdminPublisher {
  /** ID of the session, as in the log. */
  readonly session: string;
  readonly address: string;
  /** What the encoder calls itself, '' when it does not. */
  readonly client: string;
  /** `rtmp`, `rtmps`, `rtmpt` … */
  readonly transport: string;
  readonly isSecure: boolean;
}

/** What comes in. Rates are means over the last seconds; null until there are two readings. */
export interface AdminIncoming {
  readonly bytes: number;
  /** Bits per second. */
  readonly bitrate: number | null;
  /** Pictures per second. */
  readonly fps: number | null;
  /** Seconds of the stream that come in a second: less than 1 is slower than real time. */
  readonly speed: number | null;
  /** Seconds between the last two key frames; null before the second. */
  readonly gop: number | null;
  readonly frames: number;
  readonly keyFrames: number;
  /** Messages that were no valid media. */
  readonly invalid: number;
  /** Kinds of media that have not come for some seconds while the other kind goes on. */
  readonly missing: ReadonlyArray<'audio' | 'video'>;
}

/** What goes out to players of RTMP and FLV. */
export interface AdminOutgoing {
  readonly bytes: number;
  /** Bits per second; null until there are two readings. */
  readonly bitrate: number | null;
  /** Times a viewer skipped to a key frame because it read too slowly. */
  readonly skips: number;
  readonly skippedBytes: number;
}

/** A stream that is live. */
export interface AdminStream {
  /** Unique for each publish: the same name published again has another. */
  readonly id: string;
  readonly app: string;
  readonly name: string;
  /** `app/name`. */
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Milliseconds. */
  readonly age: number;
  /** Stream time of the newest picture or sound, in milliseconds; null before the first. */
  readonly timestamp: number | null;
  readonly publisher: AdminPublisher;
  readonly tracks: readonly AdminTrack[];
  readonly incoming: AdminIncoming;
  readonly outgoing: AdminOutgoing;
  readonly viewers: AdminViewers;
  readonly isRecording: boolean;
}

/** How many watch, in all and by protocol. */
export interface AdminViewers {
  readonly total: number;
  readonly byProtocol: Readonly<Record<string, number>>;
}

/** A recording that is being watched as HLS. */
export interface AdminWatchedRecording {
  /** Unique among those of its stream. */
  readonly id: string;
  readonly app: string;
  /** Name of the stream. */
  readonly name: string;
  /** Of its address, as in the list of recordings. */
  readonly path: string;
  readonly viewers: AdminViewers;
}

/** `GET /api/streams`, and each of its events. */
export interface AdminSnapshot {
  /** Of the server's clock, milliseconds since 1970. */
  readonly time: number;
  /** Connections in all: publishers, players, and those that are neither yet. */
  readonly connections: number;
  /** How many are live; events show no more than the first 200. */
  readonly total: number;
  readonly streams: readonly AdminStream[];
  /** Recordings that somebody watches as HLS; events show no more than 200 of them. */
  readonly recordings: readonly AdminWatchedRecording[];
}

/** The last minutes of a publish, a sample a second. */
export interface AdminHistory {
  /** Milliseconds since 1970. */
  readonly times: readonly number[];
  /** Bits per second, as `incoming.bitrate`. */
  readonly bitrate: ReadonlyArray<number | null>;
  /** Pictures per second, as `incoming.fps`. */
  readonly fps: ReadonlyArray<number | null>;
  readonly viewers: readonly number[];
}

/** `GET /api/streams/history`: by path, of the first 200 streams. */
export type AdminHistories = Readonly<Record<string, AdminHistory>>;

/** `GET /api/relays`. */
export interface AdminRelays {
  /** Of the server's clock, milliseconds since 1970. */
  readonly time: number;
  /** What makes relays. */
  readonly rules: readonly RtmpRelayRuleInfo[];
  /** What is being relayed, or tried to be. */
  readonly relays: readonly RtmpRelayInfo[];
}

/** A publish or play key. */
export interface AdminKey {
  /** The one name it is good for; any when undefined. */
  readonly name?: string;
  readonly key: string;
}

/** Keys, to whoever may see them. */
export interface AdminKeys {
  /** Whether there are any. */
  readonly isNeeded: boolean;
  /** Null when there are some and the request had no credential. */
  readonly keys: readonly AdminKey[] | null;
}

/** `GET /api/server`. */
export interface AdminServer {
  readonly name: 'nest-rtmp';
  readonly version: string;
  readonly node: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly listeners: ReadonlyArray<{
    readonly kind: string;
    readonly host?: string;
    readonly port?: number;
    readonly path?: string;
    readonly url: string;
  }>;
  /** Which parts of the server are there. */
  readonly features: AdminFeatures;
  readonly publish: AdminKeys;
  readonly play: AdminKeys;
  /** Whether there is a session that can be ended. */
  readonly hasSession: boolean;
}

/** Parts of the server that an application may leave out. */
export interface AdminFeatures {
  readonly flv: boolean;
  readonly hls: boolean;
  readonly recordings: boolean;
  readonly thumbnails: boolean;
  readonly relays: boolean;
}

/** `GET /api/session`: whether the rest of the API answers, and if not, why. */
export interface AdminSession {
  readonly isOpen: boolean;
  readonly problem?: AdminProblem;
}

/** The body of every refusal. */
export interface AdminProblem {
  readonly code: string;
  readonly description: string;
}
