import { ServiceUnavailableException } from '@nestjs/common';
import { RtmpServer } from '#src';
import { startMicroservice } from '../../../../test/nest/start-app.js';
import { HealthController } from './health.controller.js';

it('all is well while the server listens, and not when it closes', async () => {
  const test = await startMicroservice();
  const controller = new HealthController(test.app.get(RtmpServer));
  expect(controller.health()).toEqual({ status: 'ok' });
  await test.close();
  expect(() => controller.health()).toThrow(ServiceUnavailableException);
});
