import type { BaseRpcContext, MessageHandler } from '@nestjs/microservices';
import { finalize, isObservable } from 'rxjs';

/** Nest's processing hooks of a server, e.g. for tracing. */
export interface ProcessingHooks {
  start(context: BaseRpcContext, run: () => Promise<void>): void;
  end(context: BaseRpcContext): void;
}

/** The handler between the processing hooks of its server, as Nest's own transports call theirs. */
export function traceHandler(handler: MessageHandler, hooks: ProcessingHooks): MessageHandler {
  return (data: unknown, context: BaseRpcContext) =>
    new Promise<unknown>((resolve, reject) => {
      hooks.start(context, async () => {
        let hasEnded = false;
        const end = (): void => {
          if (hasEnded) return;
          hasEnded = true;
          hooks.end(context);
        };
        try {
          const result: unknown = await handler(data, context);
          if (isObservable(result)) {
            resolve(result.pipe(finalize(end)));
          } else {
            end();
            resolve(result);
          }
        } catch (error) {
          end();
          reject(error as Error);
        }
      });
    });
}
