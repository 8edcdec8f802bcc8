import type { Logger } from '@nestjs/common';
import type { ServerSessionOptions } from '#lib/rtmp';
import type { CommandAdmission } from '../admission/command-admission.js';
import type { RtmpEvents } from '../events/rtmp-events.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import type { RecordedPlayback } from '../playback/recorded-playback.js';
import type { RtmpPlayback } from '../playback/rtmp-playback.js';
import type { RtmpSessions } from '../session/rtmp-sessions.js';
import type { RtmpStreams } from '../streams/rtmp-streams.js';
import type { DeadlineSweep } from './deadline-sweep.js';
import type { PeerWarnings } from './peer-warnings.js';
import type { RtmpExtension } from './rtmp-extension.js';

/** What the connections of one server share. */
export interface ConnectionServices {
  readonly options: ResolvedRtmpOptions;
  /** Those of every session, resolved. */
  readonly sessionOptions: Readonly<ServerSessionOptions>;
  readonly admission: CommandAdmission;
  readonly events: RtmpEvents;
  readonly streams: RtmpStreams;
  readonly playback: RtmpPlayback;
  readonly recorded: RecordedPlayback;
  readonly sessions: RtmpSessions;
  readonly extensions: readonly RtmpExtension[];
  readonly deadlines: DeadlineSweep;
  readonly logger: Logger;
  readonly warnings: PeerWarnings;
  /** Milliseconds of a clock that does not go back. */
  now(): number;
}
