import { AMF_EXTERNALIZABLES, type AmfExternalizableClass } from './externalizable.js';
import type { AmfLimits } from './limits.js';

/** How a decoder reads; the limits may be given in part. */
export interface AmfDecodeOptions extends Partial<AmfLimits> {
  /** Externalizable classes by name, besides those of Flex that are known anyway. */
  externalizable?: Readonly<Record<string, AmfExternalizableClass>>;
}

/** Finds the class a peer named. */
export function externalizableNamed(
  className: string,
  registered: AmfDecodeOptions['externalizable'],
): AmfExternalizableClass | undefined {
  if (registered !== undefined && Object.hasOwn(registered, className)) return registered[className];
  return AMF_EXTERNALIZABLES.get(className);
}
