import {
  type AmfValue,
  avmPlus,
  decodeAmf0,
  ecmaArray,
  encodeAmf0,
  isEcmaArray,
  traitsOf,
  typedObject,
} from '#lib/amf';
import { replyValue } from './reply-value.js';

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}

  get length(): number {
    return Math.hypot(this.x, this.y);
  }
}

class Line {
  readonly createdAt = new Date(5);
  readonly points = [new Point(0, 0), new Point(3, 4)];
  readonly bytes = Buffer.from('ab');
  readonly first = this.points[0];
}

/** What a peer gets. */
const received = (value: unknown): AmfValue => decodeAmf0(encodeAmf0(replyValue(value).value))[0];

it('sends instances of classes as what they hold themselves, dates and bytes as such', () => {
  expect(received(new Line())).toEqual({
    createdAt: new Date(5),
    points: [
      { x: 0, y: 0 },
      { x: 3, y: 4 },
    ],
    bytes: new Uint8Array([0x61, 0x62]),
    first: { x: 0, y: 0 },
  });
  expect(received({ point: new Point(1, 2), none: undefined, nothing: null })).toEqual({
    point: { x: 1, y: 2 },
    none: undefined,
    nothing: null,
  });
  expect(replyValue(undefined)).toEqual({ value: undefined });
});

it('leaves alone what is AMF already', () => {
  const typed = typedObject('Point', { x: 1 });
  expect(traitsOf(received({ typed }) && (received({ typed }) as { typed: AmfValue }).typed)?.className).toBe('Point');
  expect(isEcmaArray(received(ecmaArray({ a: 1 })))).toBe(true);
  expect(received(avmPlus([1]))).toEqual([1]);
});

const loop: { name: string; own?: unknown } = { name: 'loop' };
loop.own = [loop];

let deep: object = {};
for (let i = 0; i < 20_000; i++) deep = { deep };

it.each<[string, unknown, string]>([
  ['a map', { list: [{ map: new Map() }] }, 'values[0].list[0].map: AMF0 has no form for an instance of Map'],
  ['a set', new Set(), 'values[0]: AMF0 has no form for an instance of Set'],
  ['a function', { call: () => {} }, 'values[0].call: AMF0 has no form for a function'],
  ['a symbol', [Symbol('x')], 'values[0][0]: AMF0 has no form for a symbol'],
  ['a bigint', { id: 1n }, 'values[0].id: AMF0 has no form for a bigint'],
  ['an error', { error: new TypeError('x') }, 'values[0].error: AMF0 has no form for an instance of TypeError'],
  ['a circle', loop, 'values[0].own[0]: value contains itself'],
  ['a depth', deep, 'values nested more than 256 levels deep'],
])('says where there is %s', (_name, value, problem) => {
  expect(replyValue(value).problem).toContain(problem);
});
