import { jest } from '@jest/globals';
import type { PublishReply, RtmpModuleOptions } from '#src';
import { FlvReader } from '#lib/flv';
import { keyFrame, videoConfig } from '#test/live-media';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';

// As it is where the package is not installed.
jest.unstable_mockModule('../../src/media/load-muxing-library.js', () => ({
  isMuxingLibraryInstalled: () => false,
  loadMuxingLibrary: () => Promise.reject(new Error('not installed')),
}));
const { MemoryRecordingStorage, RtmpCommand, RtmpController } = await import('#src');
const { startMicroservice } = await import('./start-app.js');

it.each(['mp4', 'both'] as const)('records %s that a reply wants as FLV, and says so', async (container) => {
  @RtmpController('live')
  class Publishing {
    @RtmpCommand('publish')
    publish(): PublishReply {
      return { record: { container } };
    }
  }
  const storage = new MemoryRecordingStorage();
  const options = { storage } as RtmpModuleOptions;
  const test = await startMicroservice({ options, controllers: [Publishing] });
  try {
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    const messages = [videoConfig(1), keyFrame(1), keyFrame(2)];
    messages.forEach(({ typeId, payload }, index) => publisher.send(typeId, 1, index * 40, payload));
    await until('the recording has begun', () => test.log.of('recording started').length > 0);
    await publisher.destroy();
    await until('the recording', () => storage.recordings.size > 0);
    const [[location, bytes]] = [...storage.recordings] as [[string, Uint8Array]];
    expect(storage.recordings.size).toBe(1);
    expect(location).toMatch(/^live\/cam-.*\.flv$/u);
    const reader = new FlvReader();
    reader.push(bytes.slice());
    reader.readHead();
    expect(reader.next()).toBeDefined();
    expect(test.log.of('MP4 needs the package mediabunny: a stream is recorded as FLV')).toMatchObject([
      { stream: 'live/cam' },
    ]);
  } finally {
    await test.close();
  }
});
