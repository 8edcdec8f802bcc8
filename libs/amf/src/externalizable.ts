import type { ByteReader, ByteWriter } from '#lib/bytes';
import type { AmfValue } from './values.js';

export type { ByteReader, ByteWriter };

/** What an externalizable class reads its body from. */
export interface AmfExternalizableInput {
  readonly bytes: ByteReader;
  /** The next AMF3 value, sharing the references of the message. */
  value(): AmfValue;
}

/** What an externalizable class writes its body to. */
export interface AmfExternalizableOutput {
  readonly bytes: ByteWriter;
  /** Writes an AMF3 value, sharing the references of the message. */
  value(value: AmfValue): void;
}

/**
 * How the body of an externalizable class looks. It carries no length, so a message with an object of
 * a class that is not registered cannot be read past it.
 */
export interface AmfExternalizableClass {
  read(input: AmfExternalizableInput): AmfValue;
  /** Without it objects of the class can be decoded but not encoded. */
  write?(output: AmfExternalizableOutput, value: AmfValue): void;
}

const ONE_VALUE: AmfExternalizableClass = {
  read: (input) => input.value(),
  write: (output, value) => output.value(value),
};

/** Classes known without being registered: the wrappers of Flex, whose body is the value they wrap. */
export const AMF_EXTERNALIZABLES: ReadonlyMap<string, AmfExternalizableClass> = new Map(
  ['ArrayCollection', 'ArrayList', 'ObjectProxy'].map((name) => [`flex.messaging.io.${name}`, ONE_VALUE]),
);
