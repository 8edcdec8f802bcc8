import { settingProblems } from '#test/setting-problems';
import { keyEntries } from './key-list.js';
import { loadSettings } from './load-settings.js';

describe('keyEntries', () => {
  it.each([
    [undefined, []],
    ['abc', [{ key: 'abc' }]],
    ['ab+/cd==,studio=x+y/z==', [{ key: 'ab+/cd==' }, { name: 'studio', key: 'x+y/z==' }]],
    ['north/cam=a=b', [{ name: 'north/cam', key: 'a=b' }]],
  ])('of %j', (list, entries) => expect(keyEntries(list)).toEqual(entries));

  it('may have blanks around commas', () => {
    const { RTMP_PUBLISH_KEYS } = loadSettings({ RTMP_PUBLISH_KEYS: ' abc ,\tcam1=def , x ' }).settings;
    expect(keyEntries(RTMP_PUBLISH_KEYS)).toEqual([{ key: 'abc' }, { name: 'cam1', key: 'def' }, { key: 'x' }]);
  });
});

describe('keys', () => {
  it.each([
    ['secret,', 'its key 2 is empty; leave out the comma before or behind it'],
    [',secret', 'its key 1 is empty;'],
    ['good,a secret', 'its key 2 has a blank in it; write KEY or NAME=KEY without'],
    ['cam1=sec\u0007ret', 'its key 1 has a blank in it;'],
    ['=secret', 'its key 1 has nothing before the first "="; write KEY, or NAME=KEY'],
    ['===', 'its key 1 is nothing but "=";'],
    ['cam1=', 'its key 1 has nothing behind "="; write NAME=KEY, or KEY without "=" at its end'],
    ['a23456789012345678901234=', 'its key 1 has nothing behind "=";'],
    ['se&cret', 'its key 1 has "?", "&" or "#" in it, where a URL ends a parameter; write another key'],
    ['cam1=se?cret', 'its key 1 has "?",'],
    ['cam1=se#cret', 'its key 1 has "?",'],
    ['../up=secret', 'its key 1 has a name that no stream can have; write NAME or FOLDER/NAME before "="'],
    ['a//b=secret', 'its key 1 has a name that no stream can have;'],
    ['/a=secret', 'its key 1 has a name that no stream can have;'],
    ['a\\b=secret', 'its key 1 has a name that no stream can have;'],
    ['cam?x=secret', 'its key 1 has a name that no stream can have;'],
    ['mp4:cam=secret', 'its key 1 has a name that no stream can have;'],
    ['_definst_/cam=secret', 'its key 1 has a name that no stream can have;'],
  ])('cannot be %j, which is not repeated', (keys, problem) => {
    for (const name of ['RTMP_PUBLISH_KEYS', 'RTMP_PLAY_KEYS']) {
      const problems = settingProblems({ [name]: keys });
      expect(problems).toEqual([expect.stringContaining(`${name} is of no use: ${problem}`)]);
      expect(problems[0]).not.toContain('secret');
    }
  });

  it.each([
    'ab+/cd==',
    'studio=x+y/z==',
    'studio=short=',
    // 17 and 32 bytes in Base64.
    'AAECAwQFBgcICQoLDA0ODxA=',
    'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
    '100%',
    'a/b=c',
    'room:1=c',
  ])('can be %j', (keys) => expect(settingProblems({ RTMP_PUBLISH_KEYS: keys })).toEqual([]));
});
