import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { confirm, print, printable, printJson, tell } from '../../../lib/package/cli/terminal.ts';

let written: { stdout: string; stderr: string };

beforeEach(() => {
  written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += text;
      return true;
    });
  onTestFinished(() => void vi.restoreAllMocks());
});

describe('text for a terminal', () => {
  it.each([
    ['a control', '\u001b', '\\u001b'],
    ['a control of the upper half', '\u009b', '\\u009b'],
    ['a tab', '\t', '\\u0009'],
    ['a line break', '\n', '\\u000a'],
    ['an override of direction', '\u202e', '\\u202e'],
    ['what has no width', '\u200b', '\\u200b'],
    ['half a character', '\ud800', '\\ud800'],
    ['a separator of lines', '\u2028', '\\u2028'],
    ['a separator of paragraphs', '\u2029', '\\u2029'],
    ['a format outside of the basic plane', '\u{e0001}', '\\udb40\\udc01'],
  ])('shows %s as an escape, each time', (_, character, shown) => {
    expect(printable(`a${character}b${character}`)).toBe(`a${shown}b${shown}`);
  });

  it('is otherwise as it is', () => {
    expect(printable('A key: "é" 漢🔑 \\u001b')).toBe('A key: "é" 漢🔑 \\u001b');
  });
});

describe('what is written', () => {
  it('for a program goes to stdout, as lines', () => {
    print('one\ntwo\u001b');
    expect(written).toEqual({ stdout: 'one\ntwo\\u001b\n', stderr: '' });
  });

  it('for people goes to stderr, as lines', () => {
    tell('one\ntwo\u001b');
    expect(written).toEqual({ stdout: '', stderr: 'one\ntwo\\u001b\n' });
  });

  it('as JSON stays what it is', () => {
    printJson({ name: 'a\u202eb' });
    expect(written.stdout).toBe('{\n  "name": "a\\u202eb"\n}\n');
    expect(JSON.parse(written.stdout)).toEqual({ name: 'a\u202eb' });
  });
});

describe('a question', () => {
  /** Asks somebody who types `input`. */
  function ask(input: string): Promise<boolean> {
    const stdin = new PassThrough();
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin as never);
    stdin.end(input);
    return confirm('Delete \u001b?');
  }

  it.each(['y\n', 'yes\n', 'Y\n', 'YES\n', ' y \n'])('takes %j for yes', async (input) => {
    expect(await ask(input)).toBe(true);
  });

  it.each(['\n', 'n\n', 'no\n', 'yep\n', 'ye\n', 'oy\n', 'y y\n', ''])('takes %j for no', async (input) => {
    expect(await ask(input)).toBe(false);
  });

  it('is asked on stderr, as text', async () => {
    await ask('y\n');
    expect(written).toEqual({ stdout: '', stderr: 'Delete \\u001b? [y/N] ' });
  });

  it('lets the process end once it is answered', async () => {
    const stdin = new PassThrough();
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin as never);
    stdin.write('y\n');
    expect([await confirm('Delete?'), stdin.isPaused()]).toEqual([true, true]);
  });
});
