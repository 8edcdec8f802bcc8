import * as publicSurface from './index.js';

/** Whatever is added here is kept for good: types are not seen by this list, but the same goes for them. */
const SURFACE = [
  'DEFAULT_RTMP_OPTIONS',
  'DuplicateRtmpHandlerException',
  'FileRecordingStorage',
  'FlvRecorder',
  'InjectRtmpOptions',
  'LiveStream',
  'MemoryRecordingStorage',
  'PlayedFlv',
  'RECORDING_ERRORS',
  'RECORDING_STORAGE',
  'RTMP_CLIENT_ERRORS',
  'RTMP_HTTP_OPTIONS',
  'RTMP_OPTIONS',
  'RTMP_TRANSPORT',
  'RecordingError',
  'RtmpAudio',
  'RtmpClient',
  'RtmpClientError',
  'RtmpClientPlayback',
  'RtmpClientPublication',
  'RtmpCommand',
  'RtmpConfigurationError',
  'RtmpContext',
  'RtmpController',
  'RtmpData',
  'RtmpEvent',
  'RtmpEvents',
  'RtmpHttpModule',
  'RtmpMedia',
  'RtmpMediaOpen',
  'RtmpModule',
  'RtmpPlayback',
  'RtmpPublication',
  'RtmpRecordings',
  'RtmpServer',
  'RtmpSession',
  'RtmpSessions',
  'RtmpStatusException',
  'RtmpStreams',
  'RtmpVideo',
  'RtmptTunnels',
  'StreamRegistry',
  'asRecordingLibrary',
  'parseRtmpUrl',
  'publishFlv',
];

describe('the package', () => {
  it('exports these names and no others', () => {
    expect(Object.keys(publicSurface).sort()).toEqual(SURFACE);
  });
});
