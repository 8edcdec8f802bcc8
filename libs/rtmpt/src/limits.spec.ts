import { RtmptUsageError } from './errors.js';
import { DEFAULT_RTMPT_LIMITS, resolveRtmptLimits, type RtmptLimits } from './limits.js';

describe('resolveRtmptLimits', () => {
  it('puts what is given over the defaults', () => {
    expect(resolveRtmptLimits({})).toEqual(DEFAULT_RTMPT_LIMITS);
    const limits = resolveRtmptLimits({ maxTunnels: 5, pollHold: 0, maxBodyBytes: undefined });
    expect(limits).toEqual({ ...DEFAULT_RTMPT_LIMITS, maxTunnels: 5, pollHold: 0 });
    expect(Object.isFrozen(limits) && Object.isFrozen(DEFAULT_RTMPT_LIMITS)).toBe(true);
  });

  it.each(Object.keys(DEFAULT_RTMPT_LIMITS) as Array<keyof RtmptLimits>)('refuses a %s that is none', (name) => {
    for (const value of [-1, NaN, 'x' as unknown as number]) {
      expect(() => resolveRtmptLimits({ [name]: value })).toThrow(RtmptUsageError);
      expect(() => resolveRtmptLimits({ [name]: value })).toThrow(`limits.${name} is ${value}, must be a number`);
    }
  });

  it('accepts a hold of 0 only', () => {
    expect(() => resolveRtmptLimits({ idleTimeout: 0 })).toThrow('limits.idleTimeout is 0, must be a number from 1 up');
    expect(resolveRtmptLimits({ pollHold: 0 }).pollHold).toBe(0);
  });
});
