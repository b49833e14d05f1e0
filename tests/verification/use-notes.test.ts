import { expect, it } from 'vitest';
import type { KeyHandle } from '../../lib/domain/api-key-id.ts';
import { UseNotes } from '../../lib/verification/use-notes.ts';
import { handle, now } from '../support/apps.ts';

const [a, b] = [handle('a'), handle('b')];

it('each key is due once in a period', () => {
  const notes = new UseNotes(60);
  expect(notes.periodMs).toBe(60_000);
  expect([notes.isDue(a, now), notes.isDue(a, now), notes.isDue(b, now + 1)]).toEqual([true, false, true]);
  expect([notes.isDue(a, now + 59_999), notes.isDue(a, now + 60_000)]).toEqual([false, true]);
  expect([notes.isDue(b, now + 60_000), notes.isDue(b, now + 60_001)]).toEqual([false, true]);
});

it('none is ever due when it is off', () => {
  expect(new UseNotes(undefined).isDue(a, now)).toBe(false);
});

it('a clock that is put back does not keep a key from being due for long', () => {
  const notes = new UseNotes(60);
  notes.isDue(a, now + 3_600_000);
  expect([notes.isDue(a, now), notes.isDue(a, now)]).toEqual([true, false]);
});

it('no key is due twice in a period, though there are more than it keeps in mind', () => {
  const notes = new UseNotes(60);
  const handles = Array.from({ length: 10_001 }, (_, index) => `${index}` as KeyHandle);
  expect(handles.filter((each) => notes.isDue(each, now))).toHaveLength(10_000);
  expect(handles.filter((each) => notes.isDue(each, now + 59_999))).toEqual([]);
  expect(handles.filter((each) => notes.isDue(each, now + 60_000))).toHaveLength(10_000);
});
