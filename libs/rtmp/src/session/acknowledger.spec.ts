import { Acknowledger } from './acknowledger.js';

describe('Acknowledger (§5.4.3)', () => {
  it('says the total so far each time the window has been received', () => {
    const acknowledger = new Acknowledger(1000);
    expect(acknowledger.count(999)).toBeUndefined();
    expect(acknowledger.count(1)).toBe(1000);
    expect(acknowledger.count(500)).toBeUndefined();
    expect(acknowledger.count(700)).toBe(2200);
    expect(acknowledger.count(999)).toBeUndefined();
    expect(acknowledger.count(1)).toBe(3200);
    expect(acknowledger.received).toBe(3200);
  });

  it('acknowledges once for many windows that came at a time', () => {
    const acknowledger = new Acknowledger(10);
    expect(acknowledger.count(1000)).toBe(1000);
    expect(acknowledger.count(0)).toBeUndefined();
  });

  it('wraps at 2^32', () => {
    const acknowledger = new Acknowledger(0x8000_0000);
    expect(acknowledger.count(0x8000_0000)).toBe(0x8000_0000);
    expect(acknowledger.count(0x7fff_ffff)).toBeUndefined();
    expect(acknowledger.count(1)).toBe(0);
    expect(acknowledger.count(0x8000_0005)).toBe(0x8000_0005);
    expect(acknowledger.received).toBe(0x1_8000_0005);
  });

  it('takes up the peer’s window, at once when it is smaller', () => {
    const acknowledger = new Acknowledger(1000);
    acknowledger.count(600);
    acknowledger.setWindow(100);
    expect(acknowledger.count(1)).toBe(601);
    acknowledger.setWindow(5000);
    expect(acknowledger.count(4999)).toBeUndefined();
    expect(acknowledger.count(1)).toBe(5601);
  });

  it('ignores a window of 0', () => {
    const acknowledger = new Acknowledger(1000);
    acknowledger.setWindow(0);
    expect(acknowledger.count(1)).toBeUndefined();
    expect(acknowledger.count(999)).toBe(1000);
  });
});
