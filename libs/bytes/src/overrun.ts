/**
 * Makes the error a reader throws when it cannot give what it was asked for. A decoder passes one
 * that makes its own class, so that nothing but that class escapes it.
 *
 * `detail` says what was wanted and what was there; `offset` is the byte where the read began.
 */
export type OverrunError = (detail: string, offset: number) => Error;

/** What a reader throws when its owner did not choose. */
export const rangeError: OverrunError = (detail, offset) => new RangeError(`${detail} at byte ${offset}`);
