const PACKET_LENGTH = 188;
const HEADER_LENGTH = 4;
const SYNC_BYTE = 0x47;
const UNIT_START = 0x40;
const PAYLOAD = 0x10;
const ADAPTATION = 0x20;
const RANDOM_ACCESS = 0x40;
const PCR_FLAG = 0x10;
/** Flags and program clock reference of an adaptation field, without its length. */
const PCR_FIELD_LENGTH = 7;
const FIRST_CAPACITY = 256 * 1024;

/** What goes in front of a payload's first packet. */
export interface UnitStart {
  /** Program clock reference in 90 kHz. */
  readonly pcr?: number;
  /** Decoding can begin here. */
  readonly isRandomAccess?: boolean;
}

/** Cuts payloads into transport stream packets (ISO 13818-1 §2.4.3), whose counters go on from payload to payload. */
export class TsPacketizer {
  readonly #counters = new Map<number, number>();
  #bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  #length = 0;

  /** What has been written, as a copy; begins anew. */
  take(): Uint8Array {
    const bytes = Buffer.allocUnsafeSlow(this.#length);
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#length = 0;
    return bytes;
  }

  /** A section of a table, in one packet. */
  section(pid: number, section: Uint8Array): void {
    const at = this.#header(pid, UNIT_START, PAYLOAD);
    this.#bytes.fill(0xff, at, at + PACKET_LENGTH - HEADER_LENGTH);
    this.#bytes[at] = 0; // pointer_field
    this.#bytes.set(section, at + 1);
    this.#length += PACKET_LENGTH;
  }

  /** A program clock reference in 90 kHz, in a packet without payload, which is not counted (§2.4.3.3). */
  clock(pid: number, pcr: number): void {
    const counter = this.#counters.get(pid) ?? 0;
    const at = this.#header(pid, 0, ADAPTATION);
    this.#counters.set(pid, counter);
    this.#bytes[at - 1] = ADAPTATION | ((counter + 15) & 15);
    this.#field(at, PCR_FIELD_LENGTH, PACKET_LENGTH - HEADER_LENGTH - PCR_FIELD_LENGTH - 1, pcr, false);
    this.#length += PACKET_LENGTH;
  }

  /** A PES packet. */
  unit(pid: number, payload: Uint8Array, { pcr, isRandomAccess = false }: UnitStart): void {
    let from = 0;
    while (from < payload.length) {
      const isFirst = from === 0;
      const fieldLength = isFirst && pcr !== undefined ? PCR_FIELD_LENGTH : isFirst && isRandomAccess ? 1 : 0;
      const room = PACKET_LENGTH - HEADER_LENGTH - (fieldLength > 0 ? fieldLength + 1 : 0);
      const size = Math.min(room, payload.length - from);
      const stuffing = room - size;
      const hasField = fieldLength > 0 || stuffing > 0;
      let at = this.#header(pid, isFirst ? UNIT_START : 0, hasField ? ADAPTATION | PAYLOAD : PAYLOAD);
      if (hasField) at = this.#field(at, fieldLength, stuffing, isFirst ? pcr : undefined, isFirst && isRandomAccess);
      this.#bytes.set(payload.subarray(from, from + size), at);
      this.#length += PACKET_LENGTH;
      from += size;
    }
  }

  #header(pid: number, start: number, control: number): number {
    this.#reserve();
    const counter = this.#counters.get(pid) ?? 0;
    this.#counters.set(pid, (counter + 1) & 15);
    const at = this.#length;
    this.#bytes[at] = SYNC_BYTE;
    this.#bytes[at + 1] = start | (pid >> 8);
    this.#bytes[at + 2] = pid;
    this.#bytes[at + 3] = control | counter;
    return at + HEADER_LENGTH;
  }

  /** The adaptation field (§2.4.3.4). @returns where the payload begins */
  #field(at: number, fieldLength: number, stuffing: number, pcr: number | undefined, isRandomAccess: boolean): number {
    const bytes = this.#bytes;
    // Without anything in it the length itself is the first byte of stuffing.
    const length = fieldLength > 0 ? fieldLength + stuffing : stuffing - 1;
    bytes[at] = length;
    if (length === 0) return at + 1;
    bytes.fill(0xff, at + 1, at + 1 + length);
    bytes[at + 1] = (isRandomAccess ? RANDOM_ACCESS : 0) | (pcr === undefined ? 0 : PCR_FLAG);
    if (pcr !== undefined) {
      bytes.writeUInt32BE(Math.floor(pcr / 2) >>> 0, at + 2);
      bytes[at + 6] = (pcr % 2 === 1 ? 0x80 : 0) | 0x7e; // 27 MHz extension 0
      bytes[at + 7] = 0;
    }
    return at + 1 + length;
  }

  #reserve(): void {
    if (this.#length + PACKET_LENGTH <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(this.#bytes.length * 2);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
