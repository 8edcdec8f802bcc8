import { parseSettingsFile } from './settings-file.js';

describe('parseSettingsFile', () => {
  it.each([
    ['A=1\nB=2', { A: '1', B: '2' }],
    ['\ufeffA=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['A=1\rB=2', { A: '1', B: '2' }],
    ['# comment\n\n\t# another\n  export A = 1 \nB=2', { A: '1', B: '2' }],
    ['A=\nB=2', { A: '', B: '2' }],
    ['A= \nB=2', { A: '', B: '2' }],
    ['A=#\nB= # none', { A: '', B: '' }],
    ['A=x # y # z\nB=x#y', { A: 'x', B: 'x#y' }],
    ['A==x=\nA.b-c_D2=1', { A: '=x=', 'A.b-c_D2': '1' }],
    ['A=a"b"\nB=$A', { A: 'a"b"', B: '$A' }],
    ['A="x" # y\nB=\'x # y\'\nC=`"\'`', { A: 'x', B: 'x # y', C: '"\'' }],
    ['A=""\nB=2', { A: '', B: '2' }],
    ['A="x\\ny"\nB=\'x\\ny\'', { A: 'x\ny', B: 'x\\ny' }],
    ['A="-----BEGIN\nB=2\n\n  END"\nC=3', { A: '-----BEGIN\nB=2\n\n  END', C: '3' }],
    ['A=1\nA=2', { A: '2' }],
    ['', {}],
  ])('%j', (text, values) => expect(parseSettingsFile(text)).toEqual({ values, problems: [] }));

  it.each([
    ['[settings]\nA=1', ['line 1 is no NAME=VALUE; write one, or # before a comment']],
    ['A=1\r\n\r\nsecret\r\nB=2', ['line 3 is no NAME=VALUE; write one, or # before a comment']],
    ['KEY:secret', ['line 1 is no NAME=VALUE; write one, or # before a comment']],
    ['=secret', ['line 1 is no NAME=VALUE; write one, or # before a comment']],
    ['A B=secret\nexport\nA=1', [expect.stringMatching(/^line 1 /u), expect.stringMatching(/^line 2 /u)]],
    ['A="\n\n"\nsecret', [expect.stringMatching(/^line 4 /u)]],
    ['A=1\nB="secret\nC=2', ['line 2 has a " that is not closed; close it behind the value']],
    // The quote that is missing is found in another line.
    ["A='secret\nB='secret'", ["line 1 goes on behind its closing '; end it there"]],
    ['R\0T\0', ['it is not text in UTF-8; save it as that']],
    ['\ufffd\ufffdR', ['it is not text in UTF-8; save it as that']],
  ])('%j is wrong', (text, problems) => {
    const found = parseSettingsFile(text).problems;
    expect(found).toEqual(problems);
    expect(found.join('\n')).not.toContain('secret');
  });

  it('says no more of a file of another kind than of its first lines', () => {
    expect(parseSettingsFile('<a>\n'.repeat(1000)).problems).toHaveLength(5);
  });
});
