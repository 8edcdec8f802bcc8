import { Controller, Get, Header, ServiceUnavailableException } from '@nestjs/common';
import { RtmpServer } from '#src';

/** Tells load balancers and orchestrators whether encoders and players can be sent here. It says nothing else, so anybody may ask. */
@Controller('healthz')
export class HealthController {
  constructor(private readonly server: RtmpServer) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  health(): { status: 'ok' } {
    if (this.server.addresses.length > 0) return { status: 'ok' };
    throw new ServiceUnavailableException('The RTMP listeners are closed.');
  }
}
