import { type CanActivate, type ExecutionContext, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { AdminGuard } from '../admin/admin.guard.js';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { type ResolvedRtmpArchiveOptions, RTMP_ARCHIVE_OPTIONS } from './rtmp-archive-options.js';

/** Asks the guard of the options, which the application provides. */
@Injectable()
export class ArchiveGuard implements CanActivate, OnModuleInit {
  #guard: CanActivate | undefined;

  constructor(
    private readonly modules: ModuleRef,
    @Inject(RTMP_ARCHIVE_OPTIONS) private readonly options: ResolvedRtmpArchiveOptions,
  ) {}

  /** @throws {RtmpConfigurationError} nobody provides the guard */
  onModuleInit(): void {
    const { guard = AdminGuard } = this.options;
    if (guard === false) return;
    try {
      this.#guard = this.modules.get<CanActivate>(guard, { strict: false });
    } catch {
      const fix = 'import RtmpAdminModule, provide the guard, or write false to let everybody in.';
      throw new RtmpConfigurationError('guard', guard.name, fix, 'RtmpArchiveModule');
    }
  }

  canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    return this.#guard === undefined || this.#guard.canActivate(context);
  }
}
