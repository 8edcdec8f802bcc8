/** What can be measured of a run: how its column is headed, and what it means. */
export const FIGURES = {
  cpuPerGb: [
    'CPU-s/GB',
    'CPU seconds of the server for each GB (10^9 bytes) of media received, or delivered to players',
  ],
  cpuPerConnection: ['CPU ms/conn', 'CPU time of the server for connect and createStream'],
  cpuPerPlayer: ['CPU ms/s·player', 'CPU time of the server for each second of a client of HLS'],
  rtmpPerPlayer: ['RTMP', 'the same of an RTMP player of that stream, in the same run'],
  barePerPlayer: ['node:http', 'the same of a server of node:http that does nothing but send answers of that length'],
  floorPerGb: [
    'bare Node',
    'CPU seconds for each GB of `socket.write()` alone, of the same batches to the same players, in the same run',
  ],
  toFloor: ['x bare Node', 'CPU-s/GB divided by that'],
  toRtmp: ['HLS : RTMP', 'the first divided by the second'],
  toBare: ['HLS : node:http', 'the first divided by the third'],
  requestRate: ['requests/s', 'requests answered in a second'],
  cpuPerStream: ['CPU ms/s·stream', 'CPU time of the server for each second of a stream'],
  rssPerStream: ['MB/stream', 'resident memory for each stream, when its window is full'],
  cpu: ['CPU %', 'CPU of the server, of one CPU'],
  throughput: ['MB/s', 'media taken from the publishers, or delivered to players'],
  p50: ['p50 ms', 'median latency: from the write of the publisher to the last byte of a picture at the player'],
  p99: ['p99 ms', '99th percentile of the same'],
  firstPicture: ['first picture ms', 'median from the play command to the first picture'],
  connectionRate: ['conn/s', 'connections set up in a second'],
  gaps: ['gaps', 'messages missing in what players got'],
  slowGaps: ['gaps of slow', 'messages that slow players were not sent'],
  slowClosed: ['slow closed', 'slow players that the server closed'],
  drain: ['drain ms', 'time the server took to have read everything after the last message was sent'],
  lateness: ['load late ms', '99th percentile of how late the load generator sent a message'],
  rss: ['RSS MB', 'resident memory of the server at its highest'],
  rssGrowth: ['RSS growth MB', 'resident memory at the end of the window, less that at its beginning'],
  rssPerConnection: ['kB/conn', 'resident memory for each connection that does nothing'],
  rssPerPlayer: ['kB/player', 'resident memory for each player that plays'],
  loadCpu: ['load CPU %', 'CPU of the load generator, of one CPU'],
  otherCpu: ['others CPU %', 'CPU that other programs of the machine used meanwhile, of one CPU'],
} as const satisfies Record<string, readonly [title: string, meaning: string]>;

export type FigureName = keyof typeof FIGURES;

/** What a run measured; what does not apply is left out. */
export type Figures = Partial<Record<FigureName, number>>;
