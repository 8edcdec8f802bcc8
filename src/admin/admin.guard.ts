import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AdminAccess } from './admin-access.js';
import { type AdapterRequest, rawRequest } from './admin-request.js';

/**
 * Lets in who may use the admin API; for controllers of your own as well.
 *
 * @publicApi
 */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(private readonly access: AdminAccess) {}

  canActivate(context: ExecutionContext): boolean {
    this.access.check(rawRequest(context.switchToHttp().getRequest<AdapterRequest>()));
    return true;
  }
}
