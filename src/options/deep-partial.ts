/** Options of which each, at any depth, may be left out. */
export type DeepPartial<T> = {
  [K in keyof T]?: T[K] extends number | string | boolean | readonly unknown[] ? T[K] : DeepPartial<T[K]>;
};
