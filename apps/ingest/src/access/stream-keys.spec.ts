import { type OfferedKey, StreamKeys } from './stream-keys.js';

const offer = (name: string, key?: string): OfferedKey => ({ name, query: key === undefined ? {} : { key } });

describe('StreamKeys', () => {
  it('lets everybody in when there are none', () => {
    const keys = new StreamKeys(undefined);
    expect(keys.isOpen).toBe(true);
    expect(keys.accept(offer('cam1'))).toEqual({ name: 'cam1' });
  });

  it('takes a key as ?key= for any name', () => {
    const keys = new StreamKeys('secret,other');
    expect(keys.accept(offer('cam1', 'secret'))).toEqual({ name: 'cam1', identity: 'key 1' });
    expect(keys.accept(offer('cam2', 'other'))).toEqual({ name: 'cam2', identity: 'key 2' });
    expect(keys.accept(offer('cam1', 'wrong'))).toBeUndefined();
    expect(keys.accept(offer('cam1', ''))).toBeUndefined();
    expect(keys.accept(offer('cam1'))).toBeUndefined();
  });

  it('takes the key of one name for that name only', () => {
    const keys = new StreamKeys('cam1=one,cam2=two');
    expect(keys.accept(offer('cam1', 'one'))).toEqual({ name: 'cam1', identity: 'key 1' });
    expect(keys.accept(offer('cam2', 'one'))).toBeUndefined();
  });

  it('takes a key in place of the name, and gives the stream the name that belongs to it', () => {
    const keys = new StreamKeys('cam1=one,anything');
    expect(keys.accept(offer('one'))).toEqual({ name: 'cam1', identity: 'key 1' });
    expect(keys.accept(offer('anything'))).toEqual({ name: 'stream-2', identity: 'key 2' });
  });

  it('does not take a name for a key', () => {
    expect(new StreamKeys('cam1=one').accept(offer('cam1'))).toBeUndefined();
    expect(new StreamKeys('cam1=one').accept(offer('cam1', 'cam1'))).toBeUndefined();
  });

  it('allows = inside a key, and at the end of one without a name', () => {
    expect(new StreamKeys('c2VjcmV0==').accept(offer('cam1', 'c2VjcmV0=='))).toEqual({
      name: 'cam1',
      identity: 'key 1',
    });
    expect(new StreamKeys('c2VjcmV0==').accept(offer('c2VjcmV0', ''))).toBeUndefined();
    expect(new StreamKeys('cam1=a=b').accept(offer('cam1', 'a=b'))).toEqual({ name: 'cam1', identity: 'key 1' });
  });

  it('takes a key with percent signs as it is encoded, and as it is typed', () => {
    const keys = new StreamKeys('100%41+/==,cam1=%zz');
    const accepted = { name: 'cam1', identity: 'key 1' };
    expect(keys.accept(offer('cam1', '100%41+/=='))).toEqual(accepted);
    expect(keys.accept(offer('cam1', '100A+/=='))).toEqual(accepted);
    expect(keys.accept(offer('cam1', '100A /=='))).toBeUndefined();
    expect(keys.accept(offer('cam1', '%zz'))).toEqual({ name: 'cam1', identity: 'key 2' });
  });
});
