/** What a reader of FLV data accepts. */
export interface FlvLimits {
  /** Longest file header accepted, in bytes. Defaults to 4096; the format knows only 9. */
  maxHeaderLength: number;
  /** Longest tag accepted, in bytes of data. Defaults to 16777215, the most the field can say. */
  maxTagLength: number;
}

/** The limits that apply when none are given. */
export const DEFAULT_FLV_LIMITS: Readonly<FlvLimits> = Object.freeze({
  maxHeaderLength: 4096,
  maxTagLength: 0xffffff,
});
