/**
 * The end of every answer's head, as a server of node:http writes it: when it is sent, and how long the connection stays
 * open. It is made once a second.
 */
export class HlsAnswerEnding {
  #second = 0;
  #keepAliveTimeout = 0;
  #date = '';
  #open = Buffer.alloc(0);

  /**
   * @param time milliseconds since 1970
   * @param keepAliveTimeout of the server, in milliseconds; 0 when it has none
   */
  open(time: number, keepAliveTimeout: number): Uint8Array {
    const isNew = this.#update(time);
    if (isNew || keepAliveTimeout !== this.#keepAliveTimeout) {
      this.#keepAliveTimeout = keepAliveTimeout;
      const hint = keepAliveTimeout > 0 ? `Keep-Alive: timeout=${Math.floor(keepAliveTimeout / 1000)}\r\n` : '';
      this.#open = Buffer.from(`${this.#date}Connection: keep-alive\r\n${hint}\r\n`, 'latin1');
    }
    return this.#open;
  }

  /** That of an answer after which the connection is closed. */
  last(time: number): Uint8Array {
    this.#update(time);
    this.#keepAliveTimeout = -1; // the other one is older now
    return Buffer.from(`${this.#date}Connection: close\r\n\r\n`, 'latin1');
  }

  #update(time: number): boolean {
    const second = Math.floor(time / 1000);
    if (second === this.#second) return false;
    this.#second = second;
    this.#date = `Date: ${new Date(time).toUTCString()}\r\n`;
    return true;
  }
}
