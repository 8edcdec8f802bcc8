import { hex } from '#test/hex';
import type { VideoCodecName } from '#lib/flv';
import { videoFormatOf } from './video-format.js';

const HINTS = {
  width: 320,
  height: 180,
  frameRate: 25,
  videoBitRate: 0,
  audioBitRate: 0,
  hasVideo: true,
  hasAudio: false,
};

// AV1 is of libaom, with -color_trc smpte2084; VP9 says its transfer function in its vpcC box.
it.each<[VideoCodecName, string, string]>([
  ['av1', '81004c000a0e000000043cfeccdaf95091009040', 'PQ'],
  ['av1', '81000c000a0b000000043cfeccdaf90040', 'SDR'],
  ['vp9', '01000000 02 0b a2 09 10 09 0000', 'PQ'],
  ['vp9', '01000000 02 0b a2 09 12 09 0000', 'HLG'],
  ['vp9', '01000000 00 0b 82 02 02 02 0000', 'SDR'],
  ['h264', '0142c00cffe1001c 6742c00cda05067e7c05a848904a000003000200000300641e285540 01 0004 68ce0fc8', 'HLG'],
])('%s %s is of %s', (codec, record, range) => {
  expect(videoFormatOf(codec, hex(record), HINTS)).toMatchObject({ range, width: 320 });
});
