/** Whether numbered messages come one after the other, each kind of its own. */
export class SequenceCheck {
  readonly #next = new Map<number, number>();
  /** Messages missing between two that came. */
  gaps = 0;
  /** Messages that came again, or later than one behind them. */
  reordered = 0;

  /** The first of a kind may have any number. */
  note(kind: number, sequence: number): void {
    const next = this.#next.get(kind) ?? sequence;
    if (sequence < next) {
      this.reordered++;
      return;
    }
    this.gaps += sequence - next;
    this.#next.set(kind, sequence + 1);
  }
}
