const HEADER_LENGTH = 8;

/** Type of a box, and what is in it. */
export type Mp4Box = [type: string, body: DataView];

/** The boxes in a box (ISO 14496-12 §4.2), as far as they are whole. */
export function boxesIn(body: Uint8Array | DataView): Mp4Box[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const found: Mp4Box[] = [];
  for (let at = 0; view.byteLength - at >= HEADER_LENGTH;) {
    const size = view.getUint32(at);
    if (size < HEADER_LENGTH || size > view.byteLength - at) return found;
    const type = Buffer.from(view.buffer, view.byteOffset + at + 4, 4).toString('latin1');
    found.push([type, new DataView(view.buffer, view.byteOffset + at + HEADER_LENGTH, size - HEADER_LENGTH)]);
    at += size;
  }
  return found;
}

/** Those of one type, in their order. */
export function findBoxes(body: Uint8Array | DataView, type: string): DataView[] {
  return boxesIn(body).flatMap(([name, inner]) => (name === type ? [inner] : []));
}
