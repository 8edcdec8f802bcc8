import type { Settings } from './settings.js';

/** What is wrong with the settings of HLS together. */
export function hlsProblems({ HLS_RECORD: isRecorded, RTMP_HLS: hls }: Settings): string[] {
  return isRecorded && hls === 'off'
    ? ['HLS_RECORD is "1" while RTMP_HLS is "off"; write demand or always for it']
    : [];
}
