import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { type AdapterRequest, rawRequest } from '../http/adapter-request.js';
import { AdminAccess } from './admin-access.js';

/**
 * Lets in who may use the admin API; for controllers of your own as well.
 *
 * @publicApi
 */
@Injectable()
export class AdminGuard implements CanActivate {
  /** @internal */
  constructor(private readonly access: AdminAccess) {}

  canActivate(context: ExecutionContext): boolean {
    this.access.check(rawRequest(context.switchToHttp().getRequest<AdapterRequest>()));
    return true;
  }
}
