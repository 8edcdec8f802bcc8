import { SequenceCheck } from './sequence-check.js';

function check(...sequences: number[]): { gaps: number; reordered: number } {
  const sequence = new SequenceCheck();
  for (const one of sequences) sequence.note(9, one);
  return { gaps: sequence.gaps, reordered: sequence.reordered };
}

it('may begin anywhere', () => {
  expect(check(17, 18, 19)).toEqual({ gaps: 0, reordered: 0 });
});

it('counts every message that is missing', () => {
  expect(check(0, 1, 4, 5, 7)).toEqual({ gaps: 3, reordered: 0 });
});

it('counts messages that come again or too late', () => {
  expect(check(0, 1, 1, 2, 0, 3)).toEqual({ gaps: 0, reordered: 2 });
});
