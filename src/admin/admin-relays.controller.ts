import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Logger,
  Param,
  Post,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import type { RtmpPullRule, RtmpPushRule } from '../relay/relay-options.js';
import { RtmpRelays } from '../relay/rtmp-relays.js';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import type { AdminRelays } from './admin-api.js';
import { AdminException } from './admin.errors.js';
import { AdminGuard } from './admin.guard.js';

/** Relays at run time. Who may use it makes the server connect to any address: administrators alone. */
@Controller({ path: 'api/relays', version: VERSION_NEUTRAL })
@UseGuards(AdminGuard)
export class AdminRelaysController {
  readonly #logger = new Logger(RTMP_LOG_CONTEXT);

  constructor(private readonly relays: RtmpRelays) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  list(): AdminRelays {
    return { time: Date.now(), rules: this.relays.rules(), relays: this.relays.list() };
  }

  @Post()
  @Header('Cache-Control', 'no-store')
  add(@Body() body: unknown): { id: string } {
    if (typeof body !== 'object' || body === null) {
      throw new AdminException('ADMIN_ERR_RELAY_RULE', 'Send an object as JSON.');
    }
    const { direction, ...rule } = body as RtmpPullRule & RtmpPushRule & { direction?: unknown };
    if (direction !== 'push' && direction !== 'pull') {
      throw new AdminException('ADMIN_ERR_RELAY_RULE', "Write 'push' or 'pull' as direction.");
    }
    try {
      const id = direction === 'push' ? this.relays.addPush(rule) : this.relays.addPull(rule);
      this.#logger.log('relay rule added by the administrator', { rule: id, app: rule.app, name: rule.name });
      return { id };
    } catch (error) {
      if (!(error instanceof RtmpConfigurationError)) throw error;
      throw new AdminException('ADMIN_ERR_RELAY_RULE', `${error.option}: ${error.fix}`);
    }
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Param('id') id: string): void {
    if (!this.relays.remove(id)) throw new AdminException('ADMIN_ERR_NO_RELAY', 'It may have ended by itself.');
    this.#logger.log('relay ended by the administrator', { relay: id });
  }
}
