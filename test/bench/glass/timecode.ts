import { words } from '../../support/words.js';

/** Bits of the time, in milliseconds: it begins anew after four and a half hours. */
export const BITS = 24;
/** Pixels of a block, in both directions: large enough that encoders keep it. */
export const BLOCK = 16;
/** Times are told modulo this, in milliseconds. */
export const WRAP = 2 ** BITS;

/** Of block number X: whether it is white when the picture's time in seconds is T, as an expression of FFmpeg. */
const BIT = `mod(floor(mod(round(T*1000)\\,${WRAP})/pow(2\\,${BITS - 1}-floor(X/${BLOCK})))\\,2)`;

/**
 * Arguments of FFmpeg for a picture that tells when it was drawn. In its upper left corner are two rows of blocks, white for
 * 1: the milliseconds of the wall clock, highest bit first, and below the same the other way round, so that what was not read
 * well is noticed.
 *
 * @param gop seconds from key frame to key frame
 */
export function timecodeSource(gop: number): string[] {
  const rate = 25;
  const filters = [
    // -re lets pictures in when they are due; the clock is read when they come, and told by geq as T.
    `[0:v]split[picture][marks]`,
    `[marks]crop=${BITS * BLOCK}:${2 * BLOCK}:0:0,settb=1/1000,setpts=RTCTIME/1000,format=yuv420p,` +
      `geq=lum='255*if(lt(Y\\,${BLOCK})\\,${BIT}\\,1-${BIT})':cb=128:cr=128,settb=1/${rate},setpts=N[clock]`,
    `[picture]setpts=N[plain]`,
    `[plain][clock]overlay=0:0:format=yuv420[v]`,
  ].join(';');
  return words`-re -f lavfi -i testsrc2=size=640x360:rate=${`${rate}`} -re -f lavfi -i sine=frequency=440:sample_rate=48000
    -filter_complex ${filters} -map [v] -map 1:a
    -c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g ${`${Math.round(gop * rate)}`} -sc_threshold 0
    -b:v 1500k -maxrate 1500k -bufsize 1500k -c:a aac -b:a 96k -flush_packets 1`;
}
