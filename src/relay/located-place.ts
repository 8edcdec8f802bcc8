import { orAborted, withinTime } from '../client/limited-wait.js';
import { RelayAddress, type RelayedName, type RelayTarget } from './relay-address.js';
import { RelayError } from './relay.errors.js';
import type { RtmpStreamLocator } from './relay-options.js';

/** Where streams come from that the application looks for itself, anew for each attempt. */
export class LocatedPlace {
  /** Nobody knows until one is asked for. */
  readonly masked = '…';

  /** @param timeout for an answer, in milliseconds */
  constructor(
    private readonly locate: RtmpStreamLocator,
    private readonly timeout: number,
  ) {}

  /**
   * @param signal ends it
   * @returns undefined when nobody has the stream
   * @throws {RelayError} RELAY_ERR_LOCATE
   */
  async find({ app, name }: RelayedName, signal: AbortSignal): Promise<RelayTarget | undefined> {
    const path = `${app}/${name}`;
    const late = () => new RelayError('RELAY_ERR_LOCATE', `${path}: no answer within ${this.timeout} ms`);
    const answer = await withinTime({ timeout: this.timeout, late, signal }, (limited) => {
      const asked = (async () => this.locate({ app, name }, limited))().catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        throw new RelayError('RELAY_ERR_LOCATE', `${path}: ${why}`, { cause: error });
      });
      return orAborted(asked, limited);
    });
    if (answer === undefined || answer === null) return undefined;
    try {
      return new RelayAddress(answer).for({ app, name });
    } catch (error) {
      // Unlike one that stands in the options, it may be another the next time.
      throw new RelayError('RELAY_ERR_LOCATE', `${path}: ${(error as Error).message}`, { cause: error });
    }
  }
}
